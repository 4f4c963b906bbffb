package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each operand of a norm and of a depthwise convolution in turn is one that is not allowed. */
class RefusedTokenOperandsTest {
  private static final int CHANNELS = 4;

  private final Map<String, NDArray> ofNorm = new LinkedHashMap<>();
  private final Map<String, NDArray> ofConvolution = new LinkedHashMap<>();
  private NDManager manager;

  @BeforeEach
  void createOperands() {
    manager = NDManager.newBaseManager();
    ofNorm.put("x", ones(2, 6, CHANNELS));
    ofNorm.put("the weight", ones(CHANNELS));
    ofNorm.put("the bias", ones(CHANNELS));
    ofNorm.put("the gate", ones(2, 6, CHANNELS));
    ofConvolution.put("x", ones(2, 6, CHANNELS));
    ofConvolution.put("the weight", ones(CHANNELS, 1, 3, 3));
    ofConvolution.put("the bias", ones(CHANNELS));
  }

  @AfterEach
  void closeOperands() {
    manager.close();
  }

  private NDArray ones(long... shape) {
    return manager.ones(new Shape(shape));
  }

  private NormalizationArguments norm() {
    NDArray gate = ofNorm.get("the gate");
    return new NormalizationArguments(
        ofNorm.get("x"),
        ofNorm.get("the weight"),
        ofNorm.get("the bias"),
        1e-5f,
        gate == null ? null : Columns.all(gate));
  }

  private DepthwiseConv2dArguments convolution() {
    NDArray x = ofConvolution.get("x");
    return new DepthwiseConv2dArguments(
        x == null ? null : Columns.all(x),
        2,
        3,
        ofConvolution.get("the weight"),
        ofConvolution.get("the bias"));
  }

  /** Replaces each operand of either in turn and puts it back. */
  private void forEach(UnaryOperator<NDArray> replacement, Check check) {
    forEach(ofNorm, this::norm, replacement, check);
    forEach(ofConvolution, this::convolution, replacement, check);
  }

  private static void forEach(
      Map<String, NDArray> operands,
      Runnable arguments,
      UnaryOperator<NDArray> replacement,
      Check check) {
    for (String name : List.copyOf(operands.keySet())) {
      NDArray right = operands.get(name);
      operands.put(name, replacement.apply(right));
      check.check(name, arguments);
      operands.put(name, right);
      arguments.run();
    }
  }

  /** Checks what happens where the named operand has been replaced. */
  @FunctionalInterface
  private interface Check {
    void check(String name, Runnable arguments);
  }

  private static Consumer<Runnable> refused(String message, Object... values) {
    return call ->
        assertThatIllegalArgumentException().isThrownBy(call::run).withMessage(message, values);
  }

  @Test
  void anEpsilonThatKeepsNothingFromZeroIsRefused() {
    NDArray x = ofNorm.get("x");
    NDArray weight = ofNorm.get("the weight");
    for (float epsilon : new float[] {-1e-5f, Float.NaN, Float.NEGATIVE_INFINITY}) {
      refused("epsilon must be at least 0, but is %s", epsilon)
          .accept(() -> new NormalizationArguments(x, weight, null, epsilon, null));
    }
    assertThat(new NormalizationArguments(x, weight, null, 0f, null).epsilon()).isZero();
  }

  @Test
  void aMissingOperandIsRefused() {
    forEach(
        array -> null,
        (name, arguments) -> {
          if (List.of("the bias", "the gate").contains(name)) {
            arguments.run();
          } else {
            assertThatNullPointerException().isThrownBy(arguments::run).withMessage(name);
          }
        });
  }

  @Test
  void anOperandOfAnotherTypeIsRefused() {
    forEach(
        array -> array.toType(DataType.FLOAT64, true),
        (name, arguments) -> {
          // x sets the type, so the weight does not fit it.
          boolean all = name.equals("x");
          refused(
                  "%s must be %s on cpu() as x is, but is %s on cpu();"
                      + " convert it with toType or toDevice",
                  all ? "the weight" : name,
                  all ? "float64" : "float32",
                  all ? "float32" : "float64")
              .accept(arguments);
        });
  }

  @Test
  void wholeNumbersAreRefused() {
    for (DataType type :
        List.of(DataType.INT32, DataType.INT64, DataType.UINT8, DataType.BOOLEAN)) {
      forEach(
          array -> array.toType(type, true),
          (name, arguments) -> {
            String message =
                name.equals("x")
                    ? "x must be of a floating-point type, but is %2$s"
                    : "%s must be float32 on cpu() as x is, but is %s on cpu();"
                        + " convert it with toType or toDevice";
            refused(message, name, type).accept(arguments);
          });
    }
  }

  /** A convolution's parameters may be finer than its tokens, a norm's may not. */
  @Test
  void parametersOfFloat16TokensAreOfATypeThatIsAllowed() {
    ofConvolution.computeIfPresent("x", (name, x) -> x.toType(DataType.FLOAT16, true));
    convolution();
    ofNorm.computeIfPresent("x", (name, x) -> x.toType(DataType.FLOAT16, true));
    refused(
            "the weight must be float16 on cpu() as x is, but is float32 on cpu();"
                + " convert it with toType or toDevice")
        .accept(this::norm);
    createOperands();
    forEach(
        array -> array.toType(DataType.FLOAT16, true),
        (name, arguments) -> {
          if (!name.equals("x")) {
            refused(
                    "%s must be float32 on cpu() as x is, but is float16 on cpu();"
                        + " convert it with toType or toDevice",
                    name)
                .accept(arguments);
          }
        });
  }

  @Test
  void anOperandOnAnotherDeviceIsRefused() {
    forEach(
        array -> RefusedOperandsTest.on(Device.gpu(1), array),
        (name, arguments) -> {
          boolean all = name.equals("x");
          refused(
                  "%s must be float32 on %s as x is, but is float32 on %s;"
                      + " convert it with toType or toDevice",
                  all ? "the weight" : name, all ? "gpu(1)" : "cpu()", all ? "cpu()" : "gpu(1)")
              .accept(arguments);
        });
  }

  @Test
  void aClosedOperandIsRefused() {
    for (String name : List.copyOf(ofNorm.keySet())) {
      refusedOnceClosed(ofNorm, name, norm(), Normalization::forward);
    }
    for (String name : List.copyOf(ofConvolution.keySet())) {
      refusedOnceClosed(ofConvolution, name, convolution(), DepthwiseConv2d::forward);
    }
  }

  /** Both where arguments were made before the array was closed and where they are made after. */
  private <T> void refusedOnceClosed(
      Map<String, NDArray> operands, String name, T arguments, Consumer<T> operator) {
    operator.accept(arguments);
    NDArray right = operands.get(name);
    NDArray again = right.duplicate();
    Columns gate = Columns.all(ofNorm.get("the gate"));
    Columns x = Columns.all(ofConvolution.get("x"));
    right.close();
    Consumer<Runnable> closed = refused("%s must be open, but its array has been closed", name);
    closed.accept(() -> operator.accept(arguments));
    closed.accept(
        () -> {
          if (operands == ofNorm) {
            new NormalizationArguments(
                ofNorm.get("x"), ofNorm.get("the weight"), ofNorm.get("the bias"), 1e-5f, gate);
          } else {
            new DepthwiseConv2dArguments(
                x, 2, 3, ofConvolution.get("the weight"), ofConvolution.get("the bias"));
          }
        });
    operands.put(name, again);
  }

  @Test
  void aNormNamesTheOperandThatDoesNotFit() {
    for (Shape shape : List.of(new Shape(), new Shape(0), new Shape(2, 6, 0))) {
      withOther(ofNorm, "x", shape);
      refused("x must be (..., channels), with at least one channel, but is %s", shape)
          .accept(this::norm);
    }
    createOperands();
    for (String vector : List.of("the weight", "the bias")) {
      for (Shape shape : List.of(new Shape(), new Shape(3), new Shape(1, 4), new Shape(0))) {
        withOther(ofNorm, vector, shape);
        refused("%s must be (4), but is %s", vector, shape).accept(this::norm);
      }
      createOperands();
    }
  }

  @Test
  void aGateOfOtherTokensOrChannelsIsRefused() {
    for (Shape shape :
        List.of(
            new Shape(2, 5, 4),
            new Shape(1, 6, 4),
            new Shape(2, 6, 3),
            new Shape(4, 6, 2),
            new Shape(0, 6, 4))) {
      withOther(ofNorm, "the gate", shape);
      refused("the gate must be of the tokens and channels of x, (2, 6, 4), but is %s", shape)
          .accept(this::norm);
    }
    Columns tooFew = new Columns(ones(2, 6, 9), 2, 5);
    refused("the gate must be of the tokens and channels of x, (2, 6, 4), but is (2, 6, 3)")
        .accept(
            () ->
                new NormalizationArguments(
                    ofNorm.get("x"), ofNorm.get("the weight"), null, 1e-5f, tooFew));
  }

  /** x may have any axes before its channels, of as many tokens as the gate has. */
  @Test
  void tokensMayLieInAnyAxes() {
    for (Shape shape : List.of(new Shape(12, 4), new Shape(2, 2, 3, 4), new Shape(1, 12, 4))) {
      withOther(ofNorm, "x", shape);
      norm();
    }
  }

  @Test
  void aConvolutionNamesTheOperandThatDoesNotFit() {
    for (Shape shape :
        List.of(
            new Shape(4, 3, 3),
            new Shape(3, 1, 3, 3),
            new Shape(4, 2, 3, 3),
            new Shape(4, 1, 3, 5),
            new Shape(4, 1, 2, 2),
            new Shape(4, 1, 4, 4),
            new Shape(4, 1, 0, 0),
            new Shape(1, 4, 3, 3))) {
      withOther(ofConvolution, "the weight", shape);
      refused("the weight must be (4, 1, K, K), with K odd, but is %s", shape)
          .accept(this::convolution);
    }
    createOperands();
    for (Shape shape : List.of(new Shape(3), new Shape(1, 4), new Shape())) {
      withOther(ofConvolution, "the bias", shape);
      refused("the bias must be (4), but is %s", shape).accept(this::convolution);
    }
  }

  @Test
  void aMapOfOtherTokensIsRefused() {
    Columns x = Columns.all(ofConvolution.get("x"));
    NDArray weight = ofConvolution.get("the weight");
    int[][] sizes = {{2, 2}, {6, 6}, {1, 5}, {7, 1}, {65536, 65536}, {46341, 92682}};
    for (int[] size : sizes) {
      refused(
              "x must have the %d tokens of a map of %dx%d, but is (2, 6, 4)",
              (long) size[0] * size[1], size[0], size[1])
          .accept(() -> new DepthwiseConv2dArguments(x, size[0], size[1], weight, null));
    }
    for (int[] size : new int[][] {{0, 6}, {6, 0}, {-2, -3}, {-1, 6}}) {
      refused("a map must be at least 1x1, but is %dx%d (height x width)", size[0], size[1])
          .accept(() -> new DepthwiseConv2dArguments(x, size[0], size[1], weight, null));
    }
  }

  private void withOther(Map<String, NDArray> operands, String name, Shape shape) {
    operands.put(name, manager.ones(shape));
  }
}
