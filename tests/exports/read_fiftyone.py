"""Imports a dataset as FiftyOne's users do; prints what it then knows. Runs where FiftyOne is."""

from __future__ import annotations

import json
import sys

import fiftyone


def main(folder: str) -> None:
    dataset = fiftyone.Dataset.from_dir(
        dataset_dir=folder, dataset_type=fiftyone.types.FiftyOneDataset
    )
    dataset.set_values("filepath", dataset.values("url"))
    told = {
        "filepaths": dataset.values("filepath"),
        "names": dataset.values("file_name"),
        "supports": dataset.values("clips.detections.support"),
        "scenes": dataset.values("scenes.detections.support"),
        "chapters": dataset.values("chapters.detections.label"),
        "labels": dataset.count_values("clips.detections.label"),
        "descriptions": dataset.values("clips.detections.description"),
        "classes": dataset.values("classes.classifications.label"),
        "rates": dataset.values("metadata.frame_rate"),
        "modified": [str(each) for each in dataset.values("last_modified")],
        "tagged": dataset.match_tags("sea").count(),
        "clips": len(dataset.to_clips("clips")),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])
