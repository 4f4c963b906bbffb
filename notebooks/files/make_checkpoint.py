"""Writes vim_micro_fashion_mnist.pth: the bundled classifier's weights as Vim's training script saves
a checkpoint (a zip file of torch.save), for the notebook that reads one by hand.

    python3 make_checkpoint.py ../../model-zoo/src/main/resources/dev/visionmamba/zoo/models/vim_micro.fashion_mnist.safetensors

Made with PyTorch 1.13.
"""

import argparse
import json
import struct
import sys

import torch


def tensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    header.pop("__metadata__")
    found = {}
    for name, entry in header.items():
        assert entry["dtype"] == "F16"
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(bytearray(data[begin:end]), dtype=torch.float16)
        found[name] = flat.reshape(entry["shape"])
    return found


if __name__ == "__main__":
    state = tensors(sys.argv[1])
    groups = [{"lr": 3e-5, "betas": (0.9, 0.999), "weight_decay": 0.05, "params": list(range(len(state)))}]
    torch.save(
        {
            "model": state,
            "optimizer": {"state": {}, "param_groups": groups},
            "epoch": 15,
            "args": argparse.Namespace(model="vim_micro", batch_size=64, lr=3e-3, data_set="FashionMNIST"),
        },
        "vim_micro_fashion_mnist.pth",
    )
