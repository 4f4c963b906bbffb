#!/usr/bin/env python3
"""Checks and times the kernels of the engine "cuda" where DJL's build of libtorch is not to be had.

It drives the very file that the engine compiles, scan.cu, with torch for memory and NVRTC and the
driver through ctypes, as the engine does through JNA: the scans forward and backward, in one pass and
in chunks, against the equations in float64 and torch's autograd, then their speed beside the
device's copy. Needs Python with a CUDA build of torch, nothing else.

    python3 benchmarks/gpu.py
"""

import argparse
import ctypes
import glob
import os
import re
import struct
import sys

import torch

SOURCE = os.path.join(
    os.path.dirname(os.path.abspath(__file__)),
    "../scans/src/main/resources/dev/visionmamba/scans/engine/cuda/scan.cu",
)
STEPS, BLOCK = 16, 128
TYPES = {torch.float32: 0, torch.float16: 1, torch.bfloat16: 2}


def ceil(a, b):
    return -(-a // b)


def load(names):
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            pass
    sys.exit("none of these can be loaded: " + ", ".join(names))


class Cuda:
    """The driver, NVRTC, and the kernels' structures as the source declares them."""

    def __init__(self, driver, nvrtc, device):
        self.source = open(SOURCE).read()
        self.driver, self.nvrtc, self.device = driver, nvrtc, device
        self.modules = {}
        self.check(driver.cuInit(0))
        if device.type == "cuda":
            torch.zeros(1, device=device)  # makes libtorch's context the thread's
            major, minor = torch.cuda.get_device_capability(device)
            self.capability = 10 * major + minor
        else:
            context = ctypes.c_void_p()
            self.check(driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0))
            self.check(driver.cuCtxPushCurrent_v2(context))
            self.capability = 90

    def check(self, result):
        if result != 0:
            raise RuntimeError("CUDA's error %d" % result)

    def fields(self, name):
        body = re.search(r"struct %s \{(.*?)\n\};" % name, self.source, re.S).group(1)
        names = []
        for line in re.sub(r"//[^\n]*", "", body).split(";"):
            names += re.findall(r"(\w+)\s*(?:,|$)", line.strip())
        return names

    def module(self, dtype):
        if dtype not in self.modules:
            program = ctypes.c_void_p()
            text = self.source.encode()
            if self.nvrtc.nvrtcCreateProgram(
                ctypes.byref(program), text, b"scan.cu", 0, None, None
            ):
                raise RuntimeError("NVRTC takes no program")
            options = (ctypes.c_char_p * 3)(
                b"--gpu-architecture=sm_%d" % self.capability,
                b"-std=c++17",
                b"-DELEMENT=%d" % TYPES[dtype],
            )
            result = self.nvrtc.nvrtcCompileProgram(program, 3, options)
            size = ctypes.c_size_t()
            self.nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size))
            log = ctypes.create_string_buffer(size.value)
            self.nvrtc.nvrtcGetProgramLog(program, log)
            if result:
                raise RuntimeError(log.value.decode())
            self.nvrtc.nvrtcGetCUBINSize(program, ctypes.byref(size))
            image = ctypes.create_string_buffer(size.value + 1)
            self.nvrtc.nvrtcGetCUBIN(program, image)
            module = ctypes.c_void_p()
            self.check(self.driver.cuModuleLoadData(ctypes.byref(module), image))
            self.modules[dtype] = module
        return self.modules[dtype]

    def launch(self, kernel, dtype, grid, structure, **values):
        names = self.fields(structure)
        unknown = set(values) - set(names)
        assert not unknown, unknown
        packed = b""
        for name in names:
            value = values.get(name, 0)
            if torch.is_tensor(value):
                value = value.data_ptr()
            packed += struct.pack("d" if name == "scale" else "q", value)
        function = ctypes.c_void_p()
        self.check(
            self.driver.cuModuleGetFunction(
                ctypes.byref(function), self.module(dtype), kernel.encode()
            )
        )
        arguments = ctypes.create_string_buffer(packed, len(packed))
        pointers = (ctypes.c_void_p * 1)(ctypes.addressof(arguments))
        x, y, z, threads = grid
        self.check(
            self.driver.cuLaunchKernel(
                function, x, y, z, threads, 1, 1, 0, None, pointers, None
            )
        )


class Scan:
    """Directions over one u, delta projected from low rank, with softplus, bias, skip and gate."""

    def __init__(self, cuda, dtype, batch, tokens, channels, states, rank, paths, gated, seed=0):
        generator = torch.Generator().manual_seed(seed)

        def uniform(low, high, *shape):
            return parameter(low, high, *shape).to(dtype)

        def parameter(low, high, *shape):  # float32, whatever the tokens are
            values = torch.rand(*shape, generator=generator) * (high - low) + low
            return values.to(cuda.device)

        self.cuda, self.dtype = cuda, dtype
        self.batch, self.tokens, self.channels = batch, tokens, channels
        self.states, self.rank, self.paths = states, rank, paths
        self.u = uniform(-1, 1, batch, tokens, channels)
        self.gate = uniform(-2, 2, batch, tokens, channels) if gated else None
        self.directions = [
            dict(
                path=torch.tensor(path, dtype=torch.int32, device=cuda.device),
                delta=uniform(-1, 1, batch, tokens, rank),
                b=uniform(-1, 1, batch, tokens, states),
                c=uniform(-1, 1, batch, tokens, states),
                a=parameter(-2, -0.1, channels, states),
                skip=parameter(-1, 1, channels),
                bias=parameter(-2, 0, channels),
                weight=parameter(-0.5, 0.5, channels, rank),
            )
            for path in paths
        ]

    def floats(self, *shape):
        return torch.empty(*shape, dtype=torch.float32, device=self.cuda.device)

    def common(self, k, chunk_tiles):
        d = self.directions[k]
        steps = len(self.paths[k])
        tiles = ceil(steps, STEPS)
        chunks = ceil(tiles, chunk_tiles)
        threads = min(BLOCK, 32 * ceil(self.channels, 32))
        parts = ceil(self.channels, threads)
        grid = (parts, chunks, self.batch, threads)
        carry = (ceil(self.channels * self.states, BLOCK), 1, self.batch, BLOCK)
        values = dict(
            batch=self.batch, steps=steps, channels=self.channels, states=self.states, groups=1,
            rank=self.rank, use_softplus=1, chunks=chunks, chunk_tiles=chunk_tiles,
            path=d["path"], parameter_path=d["path"], tokens=self.tokens,
            parameter_tokens=self.tokens, u=self.u, u_width=self.channels, delta=d["delta"],
            delta_width=self.rank, b=d["b"], b_width=self.states, c=d["c"], c_width=self.states,
            a=d["a"], skip=d["skip"], bias=d["bias"], weight=d["weight"],
        )
        return values, grid, carry, tiles, chunks, parts

    def forward(self, chunk_tiles, keep=False):
        """All paths visit every token."""
        apart = keep and self.gate is not None
        output = self.floats(*self.u.shape)
        total = self.floats(*self.u.shape) if apart else output
        kept = []
        for k in range(len(self.paths)):
            values, grid, carry, tiles, chunks, _ = self.common(k, chunk_tiles)
            slots = tiles if keep else chunks
            state = self.floats(self.batch, slots, self.states, self.channels)
            sums = self.floats(self.batch, chunks, self.channels)
            values.update(
                state=state, slots=slots, slot_tiles=1 if keep else chunk_tiles,
                keeps_tiles=int(keep), delta_sums=sums, sum=total, begins=int(k == 0), scale=1.0,
            )
            if k == len(self.paths) - 1:
                values.update(output=output, keeps_sum=int(keep and self.gate is not None))
                if self.gate is not None:
                    values.update(gate=self.gate, gate_width=self.channels)
            if chunks > 1:
                self.cuda.launch("scan_local", self.dtype, grid, "Scan", **values)
                self.cuda.launch("scan_carry", self.dtype, carry, "Scan", **values)
            self.cuda.launch("scan_forward", self.dtype, grid, "Scan", **values)
            kept.append(state)
        return output, kept, total

    def backward(self, chunk_tiles, kept, total, output_gradient):
        """The gradients by name."""
        launch, dtype = self.cuda.launch, self.dtype
        gradients = {"u": torch.zeros_like(self.u)}
        sum_gradient = output_gradient
        if self.gate is not None:
            sum_gradient = self.floats(*self.u.shape)
            values = dict(
                rows=self.batch * self.tokens, channels=self.channels, sum=total, scale=1.0,
                output_gradient=output_gradient, sum_gradient=sum_gradient,
            )
            gradients["gate"] = torch.zeros_like(self.gate)
            values.update(
                gate=self.gate, gate_width=self.channels, gate_gradient=gradients["gate"]
            )
            grid = (min(65535, ceil(self.u.numel(), BLOCK)), 1, 1, BLOCK)
            launch("merge_backward", dtype, grid, "Merge", **values)
        for k in range(len(self.paths)):
            d = self.directions[k]
            g = {n: torch.zeros_like(t) for n, t in d.items() if n != "path"}
            values, grid, carry, tiles, chunks, parts = self.common(k, chunk_tiles)
            steps = len(self.paths[k])
            columns = self.states + 2 + self.rank
            adjoint = self.floats(self.batch, chunks, self.states, self.channels)
            sums = self.floats(self.batch, chunks, self.channels)
            rows = self.floats(self.batch * chunks, columns, self.channels)
            of_step = {
                n: self.floats(parts, self.batch, steps, width)
                for n, width in dict(b=self.states, c=self.states, delta=self.rank).items()
            }
            values.update(
                state=kept[k], slots=tiles, slot_tiles=1, keeps_tiles=1, delta_sums=sums,
                sum_gradient=sum_gradient, adjoint=adjoint, u_gradient=gradients["u"],
                b_parts=of_step["b"], c_parts=of_step["c"], delta_parts=of_step["delta"],
                parameter_rows=rows, scale=1.0,
            )
            if chunks > 1:
                launch("adjoint_local", dtype, grid, "Scan", **values)
                launch("adjoint_carry", dtype, carry, "Scan", **values)
            launch("scan_backward", dtype, grid, "Scan", **values)
            for n, part in of_step.items():
                width = part.shape[3]
                launch(
                    "add_parts", dtype,
                    (min(65535, ceil(self.batch * steps * width, BLOCK)), 1, 1, BLOCK), "Parts",
                    values=part, parts=parts, batch=self.batch, steps=steps, columns=width,
                    path=d["path"], tokens=self.tokens, gradient=g[n], width=width,
                )
            first = 0
            for n, count in dict(a=self.states, skip=1, bias=1, weight=self.rank).items():
                launch(
                    "add_rows", dtype, (ceil(count * self.channels, BLOCK), 1, 1, BLOCK), "Rows",
                    values=rows.data_ptr() + 4 * first * self.channels, rows=self.batch * chunks,
                    row_columns=columns, columns=count, channels=self.channels, gradient=g[n],
                )
                first += count
            gradients.update({"%s %d" % (n, k): t for n, t in g.items()})
        return gradients

    def reference(self, output_gradient):
        """The equations in float64, and their gradients by autograd."""
        leaves = {"u": self.u.double().cpu().requires_grad_()}
        if self.gate is not None:
            leaves["gate"] = self.gate.double().cpu().requires_grad_()
        y = torch.zeros(self.u.shape, dtype=torch.float64)
        for k, d in enumerate(self.directions):
            p = {n: t.double().cpu().requires_grad_() for n, t in d.items() if n != "path"}
            leaves.update({"%s %d" % (n, k): t for n, t in p.items()})
            order = d["path"].long().cpu()
            u = leaves["u"][:, order]
            delta = torch.nn.functional.softplus(p["delta"][:, order] @ p["weight"].T + p["bias"])
            b, c = p["b"][:, order], p["c"][:, order]
            h = torch.zeros(self.batch, self.channels, self.states, dtype=torch.float64)
            steps = []
            for t in range(len(order)):
                decay = torch.exp(delta[:, t, :, None] * p["a"])
                h = decay * h + (delta[:, t] * u[:, t])[..., None] * b[:, t, None]
                steps.append((h * c[:, t, None]).sum(-1) + p["skip"] * u[:, t])
            y = y + torch.zeros_like(y).index_copy(1, order, torch.stack(steps, 1))
        if self.gate is not None:
            y = y * torch.nn.functional.silu(leaves["gate"])
        y.backward(output_gradient.double().cpu())
        return y.detach(), {n: t.grad for n, t in leaves.items()}


def cross(side):
    rows = list(range(side * side))
    columns = [r * side + c for c in range(side) for r in range(side)]
    return [rows, columns, rows[::-1], columns[::-1]]


def check(cuda):
    worst = {}
    for dtype, tolerance in {torch.float32: 1e-4, torch.float16: 1e-2, torch.bfloat16: 4e-2}.items():
        for channels, states, rank, gated in [(192, 1, 6, False), (40, 16, 3, True), (5, 3, 1, True)]:
            for chunk_tiles in [1, 2, 1000]:
                tiles = ceil(49, STEPS)
                scan = Scan(cuda, dtype, 2, 49, channels, states, rank, cross(7), gated)
                gradient = torch.rand(scan.u.shape, generator=torch.Generator().manual_seed(9))
                gradient = (2 * gradient - 1).to(cuda.device)
                y, wanted = scan.reference(gradient)
                plain, _, _ = scan.forward(min(chunk_tiles, tiles))
                output, kept, total = scan.forward(min(chunk_tiles, tiles), keep=True)
                got = scan.backward(min(chunk_tiles, tiles), kept, total, gradient)
                again = scan.backward(min(chunk_tiles, tiles), kept, total, gradient)
                assert got.keys() == wanted.keys()
                results = {"output": (plain, y), "kept output": (output, y)}
                results.update({n: (got[n], wanted[n]) for n in got})
                for n, (value, expected) in results.items():
                    scale = max(0.1, expected.abs().max().item())
                    error = (value.double().cpu() - expected).abs().max().item() / scale
                    if not error <= tolerance:
                        sys.exit("%s, %d channels, chunks of %d: %s is off by %g"
                                 % (dtype, channels, chunk_tiles, n, error))
                    worst[dtype] = max(worst.get(dtype, 0), error)
                for n in got:
                    assert torch.equal(got[n], again[n]), n + " is not the same again"
    for dtype, error in worst.items():
        print("%s: within %.1e of the largest magnitude of the equations in float64, the same in"
              " every run" % (str(dtype).replace("torch.", ""), error))


def milliseconds(call, count=20):
    times = []
    for _ in range(6):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        for _ in range(count):
            call()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end) / count)
    return sorted(times[1:])[2]


def measure(cuda):
    device = torch.cuda.get_device_properties(cuda.device)
    source = torch.zeros(1 << 28, device=cuda.device)
    target = torch.empty_like(source)
    bandwidth = 2 * source.numel() * 4 / milliseconds(lambda: target.copy_(source)) * 1e3
    del source, target
    print("\n%s copies %.0f GB/s (read and written)\n" % (device.name, bandwidth * 1e-9))
    print("| scan of VMamba-T's first stage | time | share of the copy's time for the least bytes"
          " | for u and y of each direction | memory |\n| --- | --- | --- | --- | --- |")
    threads = device.multi_processor_count * getattr(
        device, "max_threads_per_multi_processor", 2048)
    for dtype in (torch.float32, torch.float16):
        for batch in (1, 64):
            torch.cuda.reset_peak_memory_stats()
            scan = Scan(cuda, dtype, batch, 56 * 56, 192, 1, 6, cross(56), False)
            rows, tiles = batch * 192, ceil(56 * 56, STEPS)
            chunks = 1 if 2 * rows >= threads else min(ceil(threads, rows), tiles)
            forms = sorted({1, ceil(tiles, chunks), ceil(tiles, 4), tiles})
            for chunk_tiles in forms:
                gradient = torch.ones_like(scan.u)
                _, kept, total = scan.forward(chunk_tiles, keep=True)
                size = batch * 56 * 56 * scan.u.element_size()
                least = size * (2 * 192 + 4 * 8) / bandwidth * 1e3
                each = size * 4 * (2 * 192 + 8) / bandwidth * 1e3
                chosen = " (chosen)" if chunk_tiles == ceil(tiles, chunks) else ""
                name = "%s, batch %d, chunks of %d tiles%s" % (
                    str(dtype).replace("torch.", ""), batch, chunk_tiles, chosen)
                time = milliseconds(lambda: scan.forward(chunk_tiles))
                back = milliseconds(lambda: scan.backward(chunk_tiles, kept, total, gradient))
                memory = torch.cuda.max_memory_allocated() / 2**20
                print("| forward, %s | %.3f ms | %.1f %% | %.1f %% | |"
                      % (name, time, 100 * least / time, 100 * each / time))
                print("| backward, %s | %.3f ms | %.1f %% | | %.0f MiB |"
                      % (name, back, 200 * least / back, memory))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--emulation", help="a library that stands in for CUDA's, as the tests have")
    arguments = parser.parse_args()
    if arguments.emulation:
        library = load([arguments.emulation])
        library.emulated_folder(os.path.dirname(os.path.abspath(arguments.emulation)).encode())
        check(Cuda(library, library, torch.device("cpu")))
        return
    if not torch.cuda.is_available():
        sys.exit("torch %s sees no NVIDIA GPU" % torch.__version__)
    root = os.path.dirname(os.path.dirname(torch.__file__))
    wheels = glob.glob(root + "/nvidia/*/lib/libnvrtc.so.*") + glob.glob(root + "/torch/lib/libnvrtc*")
    wheels = [name for name in wheels if "builtins" not in name and ".alt" not in name]
    names = wheels + ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"]
    cuda = Cuda(load(["libcuda.so.1", "nvcuda"]), load(names), torch.device("cuda:0"))
    check(cuda)
    measure(cuda)


if __name__ == "__main__":
    main()
