package dev.visionmamba.backbones.layers;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.visionmamba.backbones.layers.Casts.Operand;

/** A matrix product or a convolution of an input with a weight and a bias, null for none. */
@FunctionalInterface
interface Product {
  /** The product of operands of one type, in that type. */
  NDArray of(NDArray x, NDArray w, NDArray b);

  /**
   * The product in the type of the weight. In half precision operands and result are rounded to
   * float16 and sums are not: GPUs compute so, and on a CPU, whose libtorch takes seven times as
   * long for products in float16, the product between the roundings is one in float32.
   */
  static NDArray inTypeOfWeight(NDArray x, NDArray w, NDArray b, Product product) {
    DataType type = w.getDataType();
    if (type != DataType.FLOAT16 && x.getDataType() == type) {
      return product.of(x, w, b);
    }
    boolean widened = type == DataType.FLOAT16 && x.getDevice().equals(Device.cpu());
    DataType computed = widened ? DataType.FLOAT32 : type;
    try (Operand rounded = Operand.of(x, type);
        Operand input = Operand.of(rounded.array(), computed);
        Operand weight = Operand.of(w, computed);
        Operand bias = Operand.of(b, computed)) {
      NDArray y = product.of(input.array(), weight.array(), bias.array());
      if (!widened) {
        return y;
      }
      try (y) {
        return y.toType(type, false); // as on a GPU: what is too large becomes infinite
      }
    }
  }
}
