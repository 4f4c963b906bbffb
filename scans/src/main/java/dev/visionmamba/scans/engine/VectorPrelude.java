package dev.visionmamba.scans.engine;

/**
 * Runs every loop of the vector kernel once, before any is compiled. The JDK looks up what an
 * operation does in a cache that all operations share, and fills it when one is first used. Where
 * that happens after the look-up has been compiled, the compiled code is thrown away; after a few
 * times the compiler no longer trusts the look-up wherever it inlines it, cannot tell the types of
 * vectors any more, and makes each an object: the loops then take ten times as long, for good.
 */
final class VectorPrelude {
  /** Four, two and one, the states that the kernel walks at once. */
  private static final int STATES = 4 + 2 + 1;

  private VectorPrelude() {}

  static void run(ScanKernel kernel) {
    int lanes = kernel.lanes();
    ScanTile tile = new ScanTile();
    tile.reserve(lanes, STATES, 1, 1, 1, ScanTile.STEPS, true);
    tile.steps = 1;
    kernel.project(tile, 0);
    kernel.softplus(tile.delta, tile.bias, lanes);
    kernel.forward(tile, 0);
    tile.delta[0] = 1f; // beyond what is normal: the states are walked one by one
    kernel.forward(tile, 0);
    kernel.backward(tile, 0);
    kernel.projectBackward(tile, 0);
    kernel.sumOfLanes(tile.y, 0);
    kernel.sigmoid(tile.u, tile.y, lanes);
    kernel.silu(tile.y, lanes);
    kernel.oneMinusExpOfMinus(tile.u, tile.y, lanes);
    kernel.multiplyAdd(tile.u, 0, tile.u, 0, tile.y, 0, lanes);
    kernel.convolve(tile.u, tile.u, tile.bias, 1, tile.y, 1, lanes);
    float[][] rows = new float[3][3 * lanes];
    kernel.convolve(rows, new float[9 * lanes], tile.bias, tile.y, 1, lanes);
    normalize(kernel, lanes);
  }

  private static void normalize(ScanKernel kernel, int lanes) {
    NormalizationTile tile = new NormalizationTile(kernel);
    tile.channels = lanes + 1;
    tile.tokens = 1;
    tile.epsilon = 1f;
    tile.centred = true;
    tile.x = new float[lanes + 1];
    tile.y = new float[lanes + 1];
    tile.weight = new float[lanes + 1];
    tile.bias = new float[lanes + 1];
    tile.mean = new float[1];
    tile.scale = new float[1];
    tile.sums = new float[lanes];
    kernel.normalize(tile);
  }
}
