package dev.visionmamba.tasks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.ParameterStore;
import java.util.Arrays;

/**
 * Measures how fast a network is, beside the floor that the machine's own matrix products set for
 * its operations. A machine that others use too changes its speed from one second to the next, so
 * the products are measured between the runs, and each run is compared with its own second's.
 */
public final class Benchmark {
  /** Matrix products of this size are large enough to show a CPU's best rate. */
  private static final int GEMM_SIZE = 1024;

  /** At least so many runs warm up. */
  private static final int WARMUP_RUNS = 3;

  /** So many products of a kind are measured at once. */
  private static final int PRODUCTS = 8;

  /** They are measured when runs have taken so long since the last time. */
  private static final double STRETCH_SECONDS = 0.5;

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
   * @param gemmGflops the median rate of this machine's matrix products, in 10^9 operations a
   *     second; each run has the mean of those measured before and after it
   * @param floorMs flops / gemmGflops, in milliseconds
   * @param ratio the median of what runs took, each divided by the floor of its own rate
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
   * @param workload a network and the size of its images
   * @param manager where arrays are made
   * @param batch images a run
   * @param warmupSeconds how long to run before, while the JVM still compiles
   * @param runs how many runs
   * @return what was measured
   */
  public static Result run(
      Workload workload, NDManager manager, int batch, double warmupSeconds, int runs) {
    double[] milliseconds = new double[runs];
    double[] rates = new double[runs];
    try (NDManager inputs = manager.newSubManager()) {
      NDArray images = inputs.randomNormal(new Shape(batch).addAll(workload.image()));
      Workload.Pass pass = workload.preparation().of(images);
      long warmup = System.nanoTime();
      for (int run = 0; run < WARMUP_RUNS || seconds(warmup) < warmupSeconds; run++) {
        time(pass, inputs, images);
      }
      double before = matrixRate(manager);
      for (int run = 0; run < runs; ) {
        int first = run;
        long stretch = System.nanoTime();
        do {
          milliseconds[run++] = time(pass, inputs, images);
        } while (run < runs && seconds(stretch) < STRETCH_SECONDS);
        double after = matrixRate(manager);
        Arrays.fill(rates, first, run, (before + after) / 2);
        before = after;
      }
    }
    double flops = 2.0 * batch * workload.multiplyAdds();
    double[] ratios = new double[runs];
    Arrays.setAll(ratios, run -> milliseconds[run] / floor(flops, rates[run]));
    double median = median(milliseconds);
    double gemm = median(rates);
    return new Result(
        median,
        Arrays.stream(milliseconds).min().orElseThrow(),
        1000 * batch / median,
        ProcessMemory.peakResidentMegabytes(),
        flops,
        gemm,
        floor(flops, gemm),
        median(ratios));
  }

  /** Milliseconds that the operations take at a rate in 10^9 a second. */
  private static double floor(double flops, double rate) {
    return flops / rate * 1e-6;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  private static double time(Workload.Pass pass, NDManager manager, NDArray images) {
    long start = System.nanoTime();
    try (NDManager scope = manager.newSubManager()) {
      images.tempAttach(scope);
      pass.run(new ParameterStore(scope, false));
    }
    return (System.nanoTime() - start) * 1e-6;
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) * 1e-9;
  }

  /**
   * The mean rate of several float32 matrix products, in GFLOP/s: libtorch's own, or the
   * convolutions that linear layers run as, whichever is faster. Not the best of them: what
   * interrupts a run, which takes longer than a product, interrupts some of the products as well.
   *
   * @param manager where the matrices are made for a while
   * @return 10^9 operations a second, two a multiply-add
   */
  public static double matrixRate(NDManager manager) {
    double products = 0;
    double convolutions = 0;
    try (NDManager scope = manager.newSubManager()) {
      NDArray a = scope.randomNormal(new Shape(GEMM_SIZE, GEMM_SIZE));
      NDArray b = scope.randomNormal(new Shape(GEMM_SIZE, GEMM_SIZE));
      NDArray map = a.reshape(1, 1, GEMM_SIZE, GEMM_SIZE).transpose(0, 3, 1, 2);
      NDArray filters = b.reshape(GEMM_SIZE, GEMM_SIZE, 1, 1);
      Shape one = new Shape(1, 1);
      for (int i = 0; i <= PRODUCTS; i++) {
        long start = System.nanoTime();
        end(a.matMul(b));
        long between = System.nanoTime();
        end(Conv2d.conv2d(map, filters, null, one, new Shape(0, 0), one, 1).head());
        long end = System.nanoTime();
        if (i > 0) { // the first of all starts libtorch's threads
          products += between - start;
          convolutions += end - between;
        }
      }
    }
    double nanos = Math.min(products, convolutions) / PRODUCTS;
    return 2.0 * GEMM_SIZE * GEMM_SIZE * GEMM_SIZE / nanos;
  }

  /** Waits for a GPU, which computes on after the call, until it has made an array. */
  private static void end(NDArray array) {
    try (array) {
      if (array.getDevice().isGpu()) {
        try (NDArray sum = array.sum()) {
          sum.getFloat();
        }
      }
    }
  }
}
