package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import dev.visionmamba.scans.engine.ScanEngine;
import dev.visionmamba.scans.engine.ScanEngines;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A scan along the paths of any strategy is the same on all engines, forward and backward. */
class StrategyEnginesTest {
  private static final int BATCH = 2;
  private static final int CHANNELS = 20;
  private static final int STATES = 3;
  private static final ScanEngine REFERENCE = ScanEngines.named("ndarray");

  /** The published strategies and some that a user might write. */
  private static Map<String, ScanStrategy> strategies() {
    Map<String, ScanStrategy> strategies = new LinkedHashMap<>();
    for (String name : ScanStrategies.names()) {
      strategies.put(name, ScanStrategies.named(name));
    }
    strategies.put("atrous-3", ScanStrategies.atrous(3));
    strategies.put("local", ScanStrategies.local("v_flip", "w7"));
    strategies.put("cross and hilbert", ScanStrategies.CROSS.then(ScanStrategies.HILBERT));
    strategies.put("any order", StrategyEnginesTest::anyOrder);
    strategies.put("one token", (height, width) -> List.of(ScanPath.of(height * width, 0)));
    return strategies;
  }

  private static List<ScanPath> anyOrder(int height, int width) {
    Random random = new Random(17);
    List<ScanPath> paths = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      List<Integer> order = new ArrayList<>();
      for (int token = 0; token < height * width; token++) {
        order.add(token);
      }
      Collections.shuffle(order, random);
      int[] tokens = order.stream().mapToInt(Integer::intValue).toArray();
      paths.add(ScanPath.of(height * width, tokens));
    }
    return paths;
  }

  @ParameterizedTest
  @ValueSource(strings = {"vector", "plain"})
  void enginesAgreeOnEveryStrategy(String name) {
    ScanEngine engine = ScanEngines.named(name);
    int[][] grids = {{1, 1}, {1, 9}, {8, 1}, {5, 7}, {6, 6}};
    for (Map.Entry<String, ScanStrategy> strategy : strategies().entrySet()) {
      for (int[] grid : grids) {
        try (NDManager manager = NDManager.newBaseManager()) {
          RandomOperands operands = new RandomOperands(manager, 100 * grid[0] + grid[1]);
          SelectiveScanArguments arguments =
              arguments(operands, strategy.getValue(), grid[0], grid[1]);
          String what = strategy.getKey() + " on " + grid[0] + " x " + grid[1];
          NDArray expected = REFERENCE.selectiveScan(arguments, false).output();
          Agreement.check(
              engine.selectiveScan(arguments, false).output(), expected, "%s: output", what);
          NDArray gradient = operands.array(-1, 1, expected.getShape().getShape());
          NDList byEngine = engine.selectiveScanBackward(arguments, gradient);
          NDList byReference = backward(arguments, gradient);
          for (int i = 0; i < byReference.size(); i++) {
            Agreement.check(byEngine.get(i), byReference.get(i), "%s: gradient %d", what, i);
          }
        }
      }
    }
  }

  /** What the reference's output says of each operand, by autograd. */
  private static NDList backward(SelectiveScanArguments arguments, NDArray gradient) {
    NDList arrays = arguments.arrays();
    try (var collector = gradient.getManager().getEngine().newGradientCollector()) {
      arrays.forEach(array -> array.setRequiresGradient(true));
      collector.backward(REFERENCE.selectiveScan(arguments, false).output().mul(gradient).sum());
      NDList gradients = new NDList();
      arrays.forEach(array -> gradients.add(array.getGradient()));
      arrays.forEach(array -> array.setRequiresGradient(false));
      return gradients;
    }
  }

  /** As a network lays it out: one input for all directions, parameters for each. */
  private static SelectiveScanArguments arguments(
      RandomOperands operands, ScanStrategy strategy, int height, int width) {
    int tokens = height * width;
    Columns u = Columns.all(operands.array(-1, 1, BATCH, tokens, CHANNELS));
    List<ScanDirection> directions = new ArrayList<>();
    for (ScanPath path : strategy.paths(height, width)) {
      directions.add(
          new ScanDirection(
              path,
              u,
              Columns.all(operands.array(-3, 1, BATCH, tokens, CHANNELS)),
              Columns.all(operands.array(-1, 1, BATCH, tokens, STATES)),
              Columns.all(operands.array(-1, 1, BATCH, tokens, STATES)),
              operands.array(-4, 0, CHANNELS, STATES),
              operands.array(-1, 1, CHANNELS),
              operands.array(-1, 1, CHANNELS)));
    }
    return new SelectiveScanArguments(directions, null, Merge.SUM, true);
  }
}
