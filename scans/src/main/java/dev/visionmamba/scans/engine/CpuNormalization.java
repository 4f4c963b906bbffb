package dev.visionmamba.scans.engine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.NormalizationArguments;
import java.nio.FloatBuffer;
import java.util.function.Supplier;

/** One norm on the CPU, its tokens shared among threads. */
final class CpuNormalization {
  /** So many floats are worth a part of their own. */
  private static final int LEAST_FLOATS = 8192;

  private final Supplier<Workspace> workspaces;
  private final NormalizationArguments arguments;
  private final int channels;
  private final int tokens;

  CpuNormalization(Supplier<Workspace> workspaces, NormalizationArguments arguments) {
    this.workspaces = workspaces;
    this.arguments = arguments;
    this.channels = arguments.channels();
    this.tokens = Math.toIntExact(arguments.x().getShape().size() / channels);
  }

  /** Whether the tokens can be addressed. */
  static boolean holds(NormalizationArguments arguments) {
    return arguments.x().getShape().size() * Float.BYTES <= Integer.MAX_VALUE;
  }

  NDArray forward() {
    Shape shape = arguments.x().getShape();
    NDArray output = arguments.x().getManager().create(shape, DataType.FLOAT32, Device.cpu());
    if (tokens == 0) {
      return output;
    }
    FloatBuffer x = Rows.floats(arguments.x());
    FloatBuffer y = Rows.floats(output);
    FloatBuffer weight = Rows.floats(arguments.weight());
    FloatBuffer bias = arguments.bias() == null ? null : Rows.floats(arguments.bias());
    Rows gate = arguments.gate() == null ? null : Rows.of(arguments.gate());
    Parallel.run(
        tokens,
        Math.max(1, LEAST_FLOATS / channels),
        (from, to) -> {
          NormalizationTile tile = workspaces.get().normalization();
          tile.open(weight, bias, arguments.epsilon());
          for (int token = from; token < to; token += tile.most()) {
            tile.forward(x, gate, y, token, Math.min(tile.most(), to - token));
          }
        });
    return output;
  }
}
