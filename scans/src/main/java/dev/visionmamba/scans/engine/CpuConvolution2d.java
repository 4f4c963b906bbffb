package dev.visionmamba.scans.engine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.DepthwiseConv2dArguments;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** One 3x3 depthwise convolution on the CPU, cut into bands of rows and ranges of channels. */
final class CpuConvolution2d {
  /** A band shares all but few of the rows that it reads. */
  private static final int BAND = 16;

  /** The rows that a worker holds should stay in a core's own cache: so many floats. */
  private static final int FLOATS = 48 * 1024;

  /** Fewer numbers are not worth waking another thread. */
  private static final int LEAST_FLOATS = 16 * 1024;

  private final Supplier<Workspace> workspaces;
  private final int lanes;
  private final DepthwiseConv2dArguments arguments;
  private final int batch;

  CpuConvolution2d(Supplier<Workspace> workspaces, int lanes, DepthwiseConv2dArguments arguments) {
    this.workspaces = workspaces;
    this.lanes = lanes;
    this.arguments = arguments;
    this.batch = Math.toIntExact(arguments.x().array().getShape().get(0));
  }

  /** Whether it is a 3x3 one; larger ones are left to libtorch, which is twice as fast there. */
  static boolean suits(DepthwiseConv2dArguments arguments) {
    return arguments.kernel() == 3;
  }

  /** Rows fromRow..toRow-1 of a map, channels fromChannel..toChannel-1. */
  record Band(int item, int fromRow, int toRow, int fromChannel, int toChannel) {}

  NDArray forward() {
    Shape shape = new Shape(batch, arguments.x().array().getShape().get(1), arguments.channels());
    NDArray output =
        arguments.x().array().getManager().create(shape, DataType.FLOAT32, Device.cpu());
    Convolution2dTile.Operands operands = new Convolution2dTile.Operands(arguments, output);
    List<Band> bands = bands();
    if (shape.size() < LEAST_FLOATS) {
      bands.forEach(band -> workspaces.get().convolution2d().forward(operands, band));
    } else {
      Workers.run(bands, band -> workspaces.get().convolution2d().forward(operands, band));
    }
    return output;
  }

  private List<Band> bands() {
    int height = arguments.height();
    int rowFloats = 4 * (arguments.width() + 2); // three rows that are read, one that is written
    int width = Math.max(4 * lanes, FLOATS / rowFloats / lanes * lanes);
    int threads = Threads.perOperation();
    int evenly = (height + BAND * threads - 1) / (BAND * threads) * threads;
    int parts = Math.min(height, evenly);
    List<Band> bands = new ArrayList<>();
    for (int item = 0; item < batch; item++) {
      for (int channel = 0; channel < arguments.channels(); channel += width) {
        int toChannel = Math.min(arguments.channels(), channel + width);
        for (int part = 0; part < parts; part++) {
          int from = height * part / parts;
          bands.add(new Band(item, from, height * (part + 1) / parts, channel, toChannel));
        }
      }
    }
    return bands;
  }
}
