"""What a model is asked: of a clip, and of a whole video."""
