#!/usr/bin/env python3
"""Writes the checkpoints that the tests read, with a real PyTorch.

    python3 make_checkpoints.py ../resources/dev/visionmamba/zoo/checkpoint

torch/ has files of tensors of every kind, each with a NAME.txt of what torch.load gives: a line a
tensor, its name, type, shape and elements as hexadecimal bits. families/ has small state dicts of
every family under the names and in the nesting of its published files. Written with PyTorch 1.13.

    python3 make_checkpoints.py --large vmamba_tiny_s1l8.pth

writes one of the size of a published one, 121 MB, for the benchmark CheckpointLoading.
"""
import argparse
import collections
import datetime
import math
import pathlib
import sys

import numpy as np
import torch

M = (1 << 64) - 1


def fnv1a64(name):
    h = 0xCBF29CE484222325
    for b in name.encode():
        h = ((h ^ b) * 0x100000001B3) & M
    return h


def generated(name, shape):
    """A tensor whose element i is offset + u(name, i) / 2, as in the golden files."""
    offset = 1 if name.endswith("running_var") else 0
    count = math.prod(shape)
    with np.errstate(over="ignore"):
        i = np.arange(1, count + 1, dtype=np.uint64)
        z = np.uint64(fnv1a64(name)) + i * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    u = (z >> np.uint64(40)).astype(np.float64) * 2.0**-23 - 1
    return torch.from_numpy((offset + 0.5 * u).astype(np.float32)).reshape(shape)


def family(shapes, stored_name=lambda name: name, stored_shape=lambda name, shape: shape):
    """A state dict by the network's names and shapes, stored under others."""
    return collections.OrderedDict(
        (stored_name(name), generated(name, shape).reshape(stored_shape(name, shape)))
        for name, shape in shapes.items()
    )


# ---- the families: names and shapes by hand, from the references' modules


def vim(c=16, depth=2, grid=2, patch=8, classes=5, n=16):
    e, r = 2 * c, math.ceil(c / 16)
    s = {
        "cls_token": (1, 1, c),
        "pos_embed": (1, grid * grid + 1, c),
        "patch_embed.proj.weight": (c, 3, patch, patch),
        "patch_embed.proj.bias": (c,),
        "head.weight": (classes, c),
        "head.bias": (classes,),
    }
    for i in range(depth):
        m = f"layers.{i}.mixer."
        s |= {m + k: v for k, v in {
            "A_log": (e, n), "D": (e,), "A_b_log": (e, n), "D_b": (e,),
            "in_proj.weight": (2 * e, c),
            "conv1d.weight": (e, 1, 4), "conv1d.bias": (e,),
            "x_proj.weight": (r + 2 * n, e), "dt_proj.weight": (e, r), "dt_proj.bias": (e,),
            "conv1d_b.weight": (e, 1, 4), "conv1d_b.bias": (e,),
            "x_proj_b.weight": (r + 2 * n, e), "dt_proj_b.weight": (e, r), "dt_proj_b.bias": (e,),
            "out_proj.weight": (c, e),
        }.items()}
        s[f"layers.{i}.norm.weight"] = (c,)
    s["norm_f.weight"] = (c,)
    return s


def vmamba(vanilla, c=8, depths=(1, 1), classes=5):
    n, ratio = (16, 2) if vanilla else (1, 1)
    s = {}
    if vanilla:
        stem = {"0": (c, 3, 4, 4), "2": (c,)}
    else:
        stem = {"0": (c // 2, 3, 3, 3), "2": (c // 2,), "5": (c, c // 2, 3, 3), "7": (c,)}
    for k, shape in stem.items():
        s[f"patch_embed.{k}.weight"], s[f"patch_embed.{k}.bias"] = shape, shape[:1]
    for i, depth in enumerate(depths):
        ci = c << i
        d, r = ratio * ci, math.ceil(ci / 16)
        for j in range(depth):
            b = f"layers.{i}.blocks.{j}."
            s |= {b + "norm.weight": (ci,), b + "norm.bias": (ci,)}
            o = b + "op."
            if vanilla:
                s |= {o + "x_proj_weight": (4, r + 2 * n, d), o + "dt_projs_weight": (4, d, r)}
            else:
                s |= {o + "x_proj.weight": (4 * (r + 2 * n), d), o + "dt_projs.weight": (4 * d, r)}
            s |= {
                o + "A_logs": (4 * d, n), o + "Ds": (4 * d,), o + "dt_projs_bias": (4, d),
                o + "out_norm.weight": (d,), o + "out_norm.bias": (d,),
                o + "in_proj.weight": ((2 if vanilla else 1) * d, ci),
                o + "conv2d.weight": (d, 1, 3, 3), o + "out_proj.weight": (ci, d),
            }
            if vanilla:
                s[o + "conv2d.bias"] = (d,)
            else:
                s |= {
                    b + "norm2.weight": (ci,), b + "norm2.bias": (ci,),
                    b + "mlp.fc1.weight": (4 * ci, ci), b + "mlp.fc1.bias": (4 * ci,),
                    b + "mlp.fc2.weight": (ci, 4 * ci), b + "mlp.fc2.bias": (ci,),
                }
        if i + 1 < len(depths):
            w = f"layers.{i}.downsample."
            if vanilla:
                s |= {w + "1.weight": (4 * ci,), w + "1.bias": (4 * ci,), w + "2.weight": (2 * ci, 4 * ci)}
            else:
                s |= {
                    w + "1.weight": (2 * ci, ci, 3, 3), w + "1.bias": (2 * ci,),
                    w + "3.weight": (2 * ci,), w + "3.bias": (2 * ci,),
                }
    last = c << (len(depths) - 1)
    return s | {
        "classifier.norm.weight": (last,), "classifier.norm.bias": (last,),
        "classifier.head.weight": (classes, last), "classifier.head.bias": (classes,),
    }


def old_vmamba_name(name):
    """The names of classification/models/vmamba.py, and of the first release."""
    for new, old in (
        ("op.x_proj.weight", "op.x_proj_weight"), ("op.dt_projs.weight", "op.dt_projs_weight"),
        (".op.", ".self_attention."), ("classifier.", ""),
        ("downsample.2.", "downsample.reduction."),
    ):
        name = name.replace(new, old)
    name = name.replace("patch_embed.0.", "patch_embed.proj.").replace("patch_embed.2.", "patch_embed.norm.")
    if ".blocks." in name and ".out_norm" not in name:
        name = name.replace(".norm.", ".ln_1.")
    return name


def old_vanilla_name(name):
    name = old_vmamba_name(name)
    return name.replace("downsample.1.", "downsample.norm.")


def old_vmamba_shape(name, shape):
    if name.endswith("op.x_proj.weight") or name.endswith("op.dt_projs.weight"):
        return (4, shape[0] // 4, shape[1])
    if len(shape) == 2 and name.endswith("_proj.weight") or ".mlp." in name and len(shape) == 2:
        return shape + (1, 1)  # linear layers as convolutions by one pixel
    return shape


def plainmamba(c=8, depth=2, grid=2, classes=5, n=16):
    e, r = 2 * c, math.ceil(c / 16)

    def norm(name, width):
        return {
            name + ".weight": (width,), name + ".bias": (width,), name + ".running_mean": (width,),
            name + ".running_var": (width,),
        }

    s = {"pos_embed": (1, grid * grid, c), "patch_embed.stem.0.weight": (64, 3, 7, 7)}
    s |= norm("patch_embed.stem.1", 64)
    s["patch_embed.convs.0.weight"] = (64, 64, 3, 3)
    s |= norm("patch_embed.convs.1", 64)
    s |= {"patch_embed.projection.weight": (c, 64, 8, 8), "patch_embed.projection.bias": (c,)}
    for i in range(depth):
        m = f"layers.{i}.mamba."
        s |= {f"layers.{i}.norm.weight": (c,), f"layers.{i}.norm.bias": (c,)}
        s |= {m + k: v for k, v in {
            "A_log": (e, n), "D": (e,), "direction_Bs": (5, n),
            "in_proj.weight": (2 * e, c), "in_proj.bias": (2 * e,),
            "conv2d.weight": (e, 1, 7, 7), "conv2d.bias": (e,),
            "x_proj.weight": (r + 2 * n, e), "dt_proj.weight": (e, r), "dt_proj.bias": (e,),
            "out_proj.weight": (c, e), "out_proj.bias": (c,),
        }.items()}
    s |= {"ln1.weight": (c,), "ln1.bias": (c,)}
    s = {"backbone." + k: v for k, v in s.items()}
    return s | {"head.fc.weight": (classes, c), "head.fc.bias": (classes,)}


def efficientvim(dims=(16, 24), state=(9, 4), classes=5):
    stages = len(dims)
    s = {"weights": (stages + 1,)}

    def conv(name, out, inp, k, norm=True, one_d=False):
        p = {name + ".conv.weight": (out, inp, k) if one_d else (out, inp, k, k)}
        if norm:
            p |= {name + ".norm." + q: (out,) for q in ("weight", "bias", "running_mean", "running_var")}
        return p

    widths = [3] + [dims[0] // 2 ** (3 - i) for i in range(4)]
    for i in range(4):
        s |= conv(f"patch_embed.conv.{i}", widths[i + 1], widths[i], 3)
    for i, (c, n) in enumerate(zip(dims, state)):
        b = f"stages.{i}.blocks.0."
        s |= {b + "alpha": (4, c), b + "mixer.A": (n,), b + "mixer.D": (1,)}
        s |= conv(b + "mixer.BCdt_proj", 3 * n, c, 1, False, True)
        s |= conv(b + "mixer.dw", 3 * n, 1, 3, False)
        s |= conv(b + "mixer.hz_proj", 2 * c, c, 1, False, True)
        s |= conv(b + "mixer.out_proj", c, c, 1, False, True)
        s |= {b + "norm.weight": (1, c, 1), b + "norm.bias": (1, c, 1)}
        s |= conv(b + "dwconv1", c, 1, 3) | conv(b + "dwconv2", c, 1, 3)
        s |= conv(b + "ffn.fc1", 4 * c, c, 1) | conv(b + "ffn.fc2", c, 4 * c, 1)
        if i + 1 < stages:
            d, out, hidden = f"stages.{i}.downsample.", dims[i + 1], 4 * dims[i + 1]
            reduced = max(8, int(hidden / 4 + 4) // 8 * 8)
            s |= conv(d + "dwconv1", c, 1, 3)
            s |= conv(d + "conv.0", hidden, c, 1) | conv(d + "conv.1", hidden, 1, 3)
            s |= {
                d + "conv.2.fc1.weight": (reduced, hidden, 1, 1), d + "conv.2.fc1.bias": (reduced,),
                d + "conv.2.fc2.weight": (hidden, reduced, 1, 1), d + "conv.2.fc2.bias": (hidden,),
            }
            s |= conv(d + "conv.3", out, hidden, 1) | conv(d + "dwconv2", out, 1, 3)
    for i in range(stages + 1):
        c = dims[min(i, stages - 1)]
        ones = (1,) if i < stages else (1, 1)
        s |= {f"norm.{i}.weight": (1, c) + ones, f"norm.{i}.bias": (1, c) + ones}
    for i in range(stages + 1):
        c = dims[min(i, stages - 1)]
        s |= {f"heads.{i}.weight": (classes, c), f"heads.{i}.bias": (classes,)}
    return s


def counted(state):
    """With the step counters that batch norms keep."""
    for name in [name for name in state if name.endswith("running_var")]:
        state[name.replace("running_var", "num_batches_tracked")] = torch.tensor(1234)
    return state


def training(state):
    """A checkpoint as training scripts write it, its optimizer's state one tensor small."""
    args = argparse.Namespace(
        lr=0.001, opt="adamw", output_dir=pathlib.PosixPath("out"), betas=(0.9, 0.999), device="cuda",
        seed=None, classes=np.int64(5), started=datetime.date(2024, 1, 17))
    moment = torch.zeros(3)
    return {
        "model": state,
        "optimizer": {
            "state": {0: {"step": 7, "exp_avg": moment, "exp_avg_sq": moment}},
            "param_groups": [{"lr": 0.001, "params": [0]}],
        },
        "lr_scheduler": {"t_initial": 300},
        "epoch": 299,
        "max_accuracy": np.float64(76.1),
        "scaler": {"scale": 65536.0},
        "args": args,
    }


def write_families(folder):
    torch.save(training(family(vim())), folder / "vim.pth")
    state = family(vmamba(False), old_vmamba_name, old_vmamba_shape)
    torch.save(training(state), folder / "vmamba.pth")
    state = family(vmamba(True), old_vanilla_name)
    torch.save({"model": state, "epoch": 292}, folder / "vanilla_vmamba.pth",
               _use_new_zipfile_serialization=False)
    state = counted(family(plainmamba()))
    torch.save({"meta": {"mmcv_version": "1.7.1", "CLASSES": ("a", "b")}, "state_dict": state},
               folder / "plainmamba.pth")
    state = counted(family(efficientvim()))
    ema = collections.OrderedDict((k, v + 1) for k, v in state.items())
    torch.save(training(state) | {"model_ema": ema}, folder / "efficientvim.pth")


# ---- tensors of every kind


def values(count, dtype):
    if dtype == torch.bool:
        return torch.arange(count) % 3 == 0
    if dtype.is_floating_point:
        return (torch.arange(count, dtype=torch.float64) * 0.37 - 2).to(dtype)
    return (torch.arange(count) * 7 - (0 if dtype == torch.uint8 else 9)).to(dtype)


DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32,
          torch.int16, torch.int8, torch.uint8, torch.bool]


def every_kind():
    base = values(60, torch.float32)
    kinds = {str(dtype)[6:]: values(6, dtype).reshape(2, 3) for dtype in DTYPES}
    for dtype in DTYPES:
        kinds[str(dtype)[6:] + "_strided"] = values(24, dtype).reshape(2, 3, 4).permute(2, 0, 1)
    kinds |= {
        "scalar": torch.tensor(3.25),
        "empty": torch.zeros(0, 7),
        "special": torch.tensor([float("nan"), float("inf"), -float("inf"), -0.0, 1e-45]),
        "whole": base,
        "head_of_whole": base[:12].reshape(3, 4),
        "tail_of_whole": base[48:],
        "every_third": base[::3],
        "transposed": base.reshape(6, 10).t(),
        "window": base.reshape(3, 4, 5)[1:, 1:3, ::2],
        "expanded": base[5:8].reshape(3, 1).expand(3, 4),
        "one_row": base.reshape(6, 10)[2:3],
        "parameter": torch.nn.Parameter(values(4, torch.float32)),
        "channels_last": values(48, torch.float32).reshape(2, 2, 3, 4).contiguous(
            memory_format=torch.channels_last),
    }
    return kinds


def describe(tensors):
    lines = []
    for name, tensor in tensors.items():
        tensor = tensor.detach().contiguous()
        bits = tensor.reshape(-1)
        size = tensor.element_size()
        if tensor.dtype == torch.bool:
            bits = bits.to(torch.uint8)
        bits = bits.view({1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[size])
        mask = (1 << 8 * size) - 1
        text = ",".join(format(value & mask, "x") for value in bits.tolist())
        shape = "x".join(map(str, tensor.shape)) or "-"
        lines.append(f"{name} {str(tensor.dtype)[6:]} {shape} {text or '-'}\n")
    return "".join(lines)


class Small(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = torch.nn.Linear(2, 3)
        self.register_buffer("steps", torch.tensor(4))


def write_torch(folder):
    kinds = every_kind()
    (folder / "kinds.txt").write_text(describe(kinds))
    for protocol in (2, 3, 4, 5):
        torch.save(kinds, folder / f"kinds_protocol{protocol}.pt", pickle_protocol=protocol)
        torch.save(kinds, folder / f"kinds_protocol{protocol}_legacy.pt", pickle_protocol=protocol,
                   _use_new_zipfile_serialization=False)
    tiny = collections.OrderedDict(weight=values(6, torch.float32).reshape(2, 3), bias=values(3, torch.float16))
    tiny["shown"] = tiny["weight"].t()
    tiny["parameter"] = torch.nn.Parameter(values(2, torch.float32))
    for name, zipped in (("tiny.pt", True), ("tiny_legacy.pt", False)):
        torch.save({"model": tiny, "args": argparse.Namespace(lr=0.1, scale=np.float32(2))}, folder / name,
                   _use_new_zipfile_serialization=zipped)
    other = {
        "complex": torch.complex(torch.ones(2), torch.zeros(2)),
        "sparse": torch.eye(2).to_sparse(),
        "model": tiny,
        "nested": [tiny["bias"], {"deep": (tiny["weight"],)}],
        "things": (1, -1, 2**70, -(2**40), 2.5, True, None, "t\u00e9xt", b"bytes", {1, 2}, frozenset([3]),
                   torch.Size([1, 2]), torch.device("cuda", 1), torch.float16, complex(1, 2), range(3)),
        "array": np.arange(3),
        "long": "x" * 70000,
        7: torch.tensor([7]),
    }
    torch.save(other, folder / "mixed.pt")
    torch.manual_seed(1)
    module = Small()
    torch.save(module, folder / "module.pt")
    (folder / "module.txt").write_text(describe(module.state_dict()))


if __name__ == "__main__":
    if sys.argv[1] == "--large":
        shapes = vmamba(False, 96, (2, 2, 8, 2), 1000)
        torch.save({"model": family(shapes, old_vmamba_name, old_vmamba_shape)}, sys.argv[2])
        sys.exit()
    root = pathlib.Path(sys.argv[1])
    for name, write in (("families", write_families), ("torch", write_torch)):
        (root / name).mkdir(parents=True, exist_ok=True)
        write(root / name)
