package dev.visionmamba.scans.engine.cuda;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.CausalConv1dArguments;
import dev.visionmamba.scans.Columns;

/** One causal convolution on a GPU. */
final class CudaConvolution {
  private final CudaDevice device;
  private final ElementType type;
  private final CausalConv1dArguments arguments;
  private final long batch;
  private final int steps;
  private final int channels;
  private final int taps;

  CudaConvolution(CudaDevice device, ElementType type, CausalConv1dArguments arguments) {
    this.device = device;
    this.type = type;
    this.arguments = arguments;
    this.batch = arguments.x().array().getShape().get(0);
    this.steps = arguments.path().steps();
    this.channels = arguments.channels();
    this.taps = arguments.taps();
  }

  private long elements() {
    return batch * steps * channels;
  }

  /** The forward pass. */
  NDArray forward() {
    NDArray x = arguments.x().array();
    NDArray output =
        x.getManager().create(new Shape(batch, steps, channels), x.getDataType(), x.getDevice());
    try (Addresses at = new Addresses(device, x)) {
      if (elements() > 0) {
        long[] structure = structure(at, at.of(output), 0, 0, 0, 0, 0);
        device.launch("convolve", type, Grid.ofElements(elements()), structure);
      }
    }
    return output;
  }

  private long[] structure(
      Addresses at,
      long output,
      long outputGradient,
      long sumGradient,
      long inputGradient,
      long segment,
      long parameterRows) {
    Columns x = arguments.x();
    return new long[] {
      batch,
      steps,
      channels,
      taps,
      at.of(arguments.path()),
      at.read(x),
      ScanStructure.width(x),
      at.readParameter(arguments.weight()),
      at.readParameter(arguments.bias()),
      output,
      outputGradient,
      sumGradient,
      inputGradient,
      segment,
      parameterRows
    };
  }

  /** The backward pass: adds to the gradients of x's array, the weight and the bias. */
  void backward(NDArray outputGradient, NDList gradients) {
    if (elements() == 0) {
      return;
    }
    // Each thread sums some steps of the parameters' gradients: the fewer, the more threads.
    long busy = Math.max(1, Grid.ceil(device.threads(), batch * channels));
    long wanted = Math.min(busy, Grid.ceil(steps, 16));
    long segment = Grid.ceil(steps, Math.min(wanted, Grid.MOST));
    int segments = (int) Grid.ceil(steps, segment);
    try (Addresses at = new Addresses(device, arguments.x().array())) {
      long rows = batch * segments;
      long parameterRows = at.of(at.floats(rows, taps + 1, channels));
      long[] structure =
          structure(
              at,
              0,
              at.read(outputGradient),
              at.of(at.floats(batch, steps, channels)),
              at.of(gradients.get(0), arguments.x()),
              segment,
              parameterRows);
      Grid grid = Grid.ofElements(elements());
      device.launch("convolve_sum_backward", type, grid, structure);
      device.launch("convolve_input_backward", type, grid, structure);
      int blocks = (int) Grid.ceil(channels, Grid.BLOCK);
      Grid segmentGrid = new Grid(blocks, segments, (int) Math.min(batch, Grid.MOST), Grid.BLOCK);
      device.launch("convolve_parameters_backward", type, segmentGrid, structure);
      ParameterRows of =
          new ParameterRows(device, at, type, parameterRows, rows, taps + 1, channels);
      of.addTo(0, taps, gradients.get(1));
      if (arguments.bias() != null) {
        of.addTo(taps, 1, gradients.get(2));
      }
    }
  }
}
