package dev.visionmamba.scans.engine.cuda;

/**
 * How many blocks of how many threads run a kernel.
 *
 * @param x blocks along the first axis, at least 1
 * @param y blocks along the second axis, 1..65535
 * @param z blocks along the third axis, 1..65535
 * @param threads of a block, along the first axis
 */
record Grid(int x, int y, int z, int threads) {
  /** CUDA's limit to blocks along the second and third axis. */
  static final int MOST = 65_535;

  /** The threads of a block where nothing asks for fewer; the kernels' BLOCK. */
  static final int BLOCK = 128;

  /** For kernels whose threads go on to other elements. */
  static Grid ofElements(long elements) {
    return new Grid((int) Math.min(MOST, ceil(elements, BLOCK)), 1, 1, BLOCK);
  }

  /** The least integer that is at least a / b. */
  static long ceil(long a, long b) {
    return (a + b - 1) / b;
  }
}
