package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import dev.visionmamba.scans.engine.ScanEngine;
import dev.visionmamba.scans.engine.ScanEngines;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * Arrays that DJL makes of Java's numbers lie in Java's memory. Where autograd has saved one that
 * has been closed since, the garbage collector takes the memory away before the backward pass.
 */
class GarbageCollectionTest {
  private static final ScanEngine REFERENCE = ScanEngines.named("ndarray");

  @Test
  void betweenTheScansPassesChangesNothing() {
    try (NDManager manager = NDManager.newBaseManager()) {
      Random random = new Random(3);
      Columns u = tokens(manager, random);
      ScanPath path = ScanCase.randomPath(random, 9, 9);
      NDArray a = ScanCase.uniformArray(manager, random, -2, 0, 4, 4);
      ScanDirection direction = new ScanDirection(path, u, u, u, u, a, null, null);
      ScanDirection back = new ScanDirection(path.reversed(), u, u, u, u, a, null, null);
      SelectiveScanArguments arguments =
          new SelectiveScanArguments(
              List.of(direction, back), tokens(manager, random), Merge.MEAN, true);
      NDArray ones = manager.ones(new Shape(2, 9, 4));
      compare(
          arguments.arrays(),
          () -> REFERENCE.selectiveScan(arguments, false).output(),
          Passes.gradients("plain", arguments, ones));
    }
  }

  @Test
  void betweenTheConvolutionsPassesChangesNothing() {
    try (NDManager manager = NDManager.newBaseManager()) {
      Random random = new Random(4);
      CausalConv1dArguments arguments =
          new CausalConv1dArguments(
              ScanCase.randomPath(random, 9, 9),
              tokens(manager, random),
              ScanCase.uniformArray(manager, random, -1, 1, 4, 3),
              null);
      NDArray ones = manager.ones(new Shape(2, 9, 4));
      compare(
          arguments.arrays(),
          () -> REFERENCE.causalConv1d(arguments),
          Passes.gradients("plain", arguments, ones));
    }
  }

  private static Columns tokens(NDManager manager, Random random) {
    return Columns.all(ScanCase.uniformArray(manager, random, -1, 1, 2, 9, 4));
  }

  private static void compare(NDList arrays, Supplier<NDArray> forward, NDList expected) {
    try (GradientCollector collector =
        arrays.head().getManager().getEngine().newGradientCollector()) {
      arrays.forEach(array -> array.setRequiresGradient(true));
      NDArray sum = forward.get().sum();
      List<ByteBuffer> reused = reuseCollectedMemory();
      collector.backward(sum);
      assertThat(reused).isNotEmpty();
      for (int i = 0; i < expected.size(); i++) {
        Agreement.check(arrays.get(i).getGradient(), expected.get(i), "gradient %d", i);
      }
    }
  }

  /** Collects garbage, and overwrites with zeros what memory has been given back. */
  private static List<ByteBuffer> reuseCollectedMemory() {
    List<ByteBuffer> buffers = new ArrayList<>();
    for (int round = 0; round < 5; round++) {
      System.gc();
      try {
        Thread.sleep(20); // the collector's cleaner is a thread of its own
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      for (int i = 0; i < 500; i++) {
        for (int size : new int[] {4, 8, 36, 72, 80}) {
          buffers.add(ByteBuffer.allocateDirect(size));
        }
      }
    }
    return buffers;
  }
}
