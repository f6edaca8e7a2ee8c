"""``transformers serve`` on a machine whose torch is a CPU build: run with its own arguments.

Qwen-VL's processors need torchvision, and the only torchvision of the package registry is compiled
for a CUDA torch: beside another its compiled part does not load, and it cannot be imported. Of that
part the server needs the decoding of a JPEG, done by Pillow here, and the names of two operators.
The server itself, the processors, the chat template and the model are transformers' own.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import torch
from PIL import Image

OPERATORS = torch.library.Library("torchvision", "FRAGMENT")


def decode_image(data: Any, mode: Any, **_: Any) -> Any:
    """As ``torchvision.io.decode_image``: bytes in a tensor to (colour, row, column)."""
    with Image.open(io.BytesIO(data.numpy().tobytes())) as picture:
        return torch.from_numpy(np.array(picture.convert(mode.name))).permute(2, 0, 1)


def main() -> None:
    for name in ("nms", "qnms"):
        OPERATORS.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision.io

    torchvision.io.decode_image = decode_image
    from transformers.cli.transformers import main as transformers_main

    transformers_main()


if __name__ == "__main__":
    main()
