package dev.visionmamba.scans.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.ScanStrategies;
import dev.visionmamba.scans.SelectiveScan;
import dev.visionmamba.scans.SelectiveScanArguments;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import java.util.List;
import org.junit.jupiter.api.Test;

class InputGradientTest {
  private static final int TOKENS = 12;
  private static final int CHANNELS = 4;

  @Test
  void aSquareHasTwiceItsRootAsGradient() {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      NDArray x = manager.create(new float[] {1, -2, 3});
      NDArray gradient = InputGradient.of(x, leaf -> leaf.mul(leaf).sum());
      assertThat(gradient.toFloatArray()).containsExactly(2, -4, 6);
      assertThat(gradient.getManager()).isSameAs(manager);
      assertThat(x.hasGradient()).isFalse();
    }
  }

  /** A scan is linear in u where the other operands stay, so differences are its derivative. */
  @Test
  void aScanPassesItsGradientOn() {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      manager.getEngine().setRandomSeed(5);
      Shape shape = new Shape(2, TOKENS, CHANNELS);
      NDArray u = manager.randomNormal(shape);
      NDArray others = manager.randomNormal(new Shape(2, TOKENS, CHANNELS + 2));
      NDArray a = manager.full(new Shape(CHANNELS, 1), -0.5f, DataType.FLOAT32);
      NDArray moved = u.add(manager.randomNormal(shape));
      NDArray gradient = InputGradient.of(u, leaf -> scanned(leaf, others, a));
      float expected = scanned(moved, others, a).sub(scanned(u, others, a)).getFloat();
      float derivative = gradient.mul(moved.sub(u)).sum().getFloat();
      assertThat(Math.abs(expected)).isGreaterThan(0.1f);
      assertThat(derivative).isCloseTo(expected, within(1e-4f * Math.abs(expected) + 1e-4f));
    }
  }

  private static NDArray scanned(NDArray u, NDArray others, NDArray a) {
    NDArray read = Tape.cut(u);
    List<ScanPath> paths = ScanStrategies.BIDIRECTIONAL.paths(3, 4);
    List<ScanDirection> directions =
        paths.stream()
            .map(
                path ->
                    new ScanDirection(
                        path,
                        Columns.all(read),
                        new Columns(others, 0, CHANNELS),
                        new Columns(others, CHANNELS, CHANNELS + 1),
                        new Columns(others, CHANNELS + 1, CHANNELS + 2),
                        a,
                        null,
                        null))
            .toList();
    return SelectiveScan.forward(new SelectiveScanArguments(directions, null, Merge.SUM, true))
        .sum();
  }

  @Test
  void nothingButTheGradientIsLeft() {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      NDArray x = manager.ones(new Shape(3));
      int before = manager.getManagedArrays().size();
      InputGradient.of(x, leaf -> leaf.mul(leaf).sum());
      assertThat(manager.getManagedArrays()).hasSize(before + 1);
    }
  }

  @Test
  void oneNumberIsWanted() {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      NDArray x = manager.ones(new Shape(3));
      assertThatThrownBy(() -> InputGradient.of(x, leaf -> leaf.mul(leaf)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("(3)");
      // The tape is closed again.
      assertThat(InputGradient.of(x, leaf -> leaf.prod()).toFloatArray()).containsExactly(1, 1, 1);
    }
  }
}
