package dev.visionmamba.tasks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.ParameterStore;
import dev.visionmamba.heads.Classifier;
import java.util.Arrays;

/**
 * Measures how fast a classifier is, beside the floor that the machine's own matrix products set
 * for its operations.
 */
public final class Benchmark {
  /** Matrix products of this size are large enough to show a CPU's best rate. */
  private static final int GEMM_SIZE = 1024;

  /** At least so many runs warm up. */
  private static final int WARMUP_RUNS = 3;

  private Benchmark() {}

  /**
   * What was measured.
   *
   * @param medianMs the median time of a run in milliseconds
   * @param minMs the shortest
   * @param imagesPerSecond by the median
   * @param peakRssMb the process's peak resident memory in MB (10^6 bytes); -1 where the system
   *     does not tell
   * @param flops floating-point operations of a run, two a multiply-add
   * @param gemmGflops the rate of this machine's matrix products, in 10^9 operations a second
   * @param floorMs flops / gemmGflops, in milliseconds
   * @param ratio medianMs / floorMs
   */
  public record Result(
      double medianMs,
      double minMs,
      double imagesPerSecond,
      double peakRssMb,
      double flops,
      double gemmGflops,
      double floorMs,
      double ratio) {}

  /**
   * Measures.
   *
   * @param network an initialised network, its parameters frozen
   * @param manager where arrays are made
   * @param size height and width of the images
   * @param batch images a run
   * @param warmupSeconds how long to run before, while the JVM still compiles
   * @param runs how many runs
   * @return what was measured
   */
  public static Result run(
      Classifier network, NDManager manager, int size, int batch, double warmupSeconds, int runs) {
    double gemm = matrixRate(manager);
    double[] milliseconds = new double[runs];
    int channels = network.backbone().imageChannels();
    try (NDManager inputs = manager.newSubManager()) {
      NDArray images = inputs.randomNormal(new Shape(batch, channels, size, size));
      long start = System.nanoTime();
      for (int run = 0; run < WARMUP_RUNS || seconds(start) < warmupSeconds; run++) {
        time(network, inputs, images);
      }
      for (int run = 0; run < runs; run++) {
        milliseconds[run] = time(network, inputs, images);
      }
    }
    Arrays.sort(milliseconds);
    double median = (milliseconds[(runs - 1) / 2] + milliseconds[runs / 2]) / 2;
    double flops = 2.0 * batch * network.multiplyAdds(size, size);
    double floor = flops / gemm * 1e-6;
    return new Result(
        median,
        milliseconds[0],
        1000 * batch / median,
        ProcessMemory.peakResidentMegabytes(),
        flops,
        gemm,
        floor,
        median / floor);
  }

  private static double time(Classifier network, NDManager manager, NDArray images) {
    long start = System.nanoTime();
    try (NDManager scope = manager.newSubManager()) {
      images.tempAttach(scope);
      network.forward(new ParameterStore(scope, false), images, false).toFloatArray();
    }
    return (System.nanoTime() - start) * 1e-6;
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) * 1e-9;
  }

  /**
   * The best rate of several float32 matrix products, in GFLOP/s: libtorch's own, and the
   * convolutions that linear layers run as.
   *
   * @param manager where the matrices are made for a while
   * @return 10^9 operations a second, two a multiply-add
   */
  public static double matrixRate(NDManager manager) {
    double best = Double.MAX_VALUE;
    try (NDManager scope = manager.newSubManager()) {
      NDArray a = scope.randomNormal(new Shape(GEMM_SIZE, GEMM_SIZE));
      NDArray b = scope.randomNormal(new Shape(GEMM_SIZE, GEMM_SIZE));
      NDArray map = a.reshape(1, 1, GEMM_SIZE, GEMM_SIZE).transpose(0, 3, 1, 2);
      NDArray filters = b.reshape(GEMM_SIZE, GEMM_SIZE, 1, 1);
      Shape one = new Shape(1, 1);
      for (int i = 0; i < 8; i++) {
        long start = System.nanoTime();
        a.matMul(b).close();
        long between = System.nanoTime();
        Conv2d.conv2d(map, filters, null, one, new Shape(0, 0), one, 1).close();
        long end = System.nanoTime();
        best = Math.min(best, Math.min(between - start, end - between));
      }
    }
    return 2.0 * GEMM_SIZE * GEMM_SIZE * GEMM_SIZE / best;
  }
}
