// The grid of videos.
