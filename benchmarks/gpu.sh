#!/usr/bin/env bash
# On a machine with an NVIDIA GPU: checks the scans' engine "cuda" on it against the published
# operators and DJL's own operations, then prints a table of speeds and memory.
#
# A CUDA build of libtorch 2.7.1 is named by PYTORCH_LIBRARY_PATH (its folder lib), with
# PYTORCH_VERSION=2.7.1 and PYTORCH_FLAVOR, such as cu128; see benchmarks/README.md. Without it the
# same kernels are checked and timed from Python (benchmarks/gpu.py), with any CUDA build of torch.
# Arguments: the batches and the networks, for example benchmarks/gpu.sh 1,64,128 vmamba_tiny_s1l8
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v nvidia-smi >/dev/null || ! nvidia-smi --query-gpu=name,driver_version --format=csv,noheader; then
  echo "benchmarks/gpu.sh: there is no NVIDIA GPU here, or no driver for it" >&2
  exit 1
fi
if [ -z "${PYTORCH_LIBRARY_PATH:-}" ]; then
  echo "PYTORCH_LIBRARY_PATH names no CUDA build of libtorch 2.7.1: the kernels alone, from Python"
  exec python3 benchmarks/gpu.py
fi
export PYTORCH_LIBRARY_PATH PYTORCH_VERSION="${PYTORCH_VERSION:-2.7.1}" PYTORCH_FLAVOR="${PYTORCH_FLAVOR:-cu128}"
maven=${MVN:-./mvnw}
"$maven" -B -ntp -q -pl scans test -Dtest='CudaDeviceTest,CudaKernelsTest,CudaEngineTest'
if ! grep -q 'tests="[1-9][0-9]*".* skipped="0"' scans/target/surefire-reports/TEST-dev.visionmamba.scans.CudaDeviceTest.xml; then
  echo "benchmarks/gpu.sh: the tests on the GPU were skipped; their report says why" >&2
  exit 1
fi
MAIN=GpuTable exec benchmarks/run.sh gpu0 "${1:-1,64,128}" "${2:-vmamba_tiny_s1l8,vim_tiny,plainmamba_l1,efficientvim_m1}"
