package dev.visionmamba.scans.engine.cuda;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;

/**
 * Partial sums of parameters' gradients, (rows, columns, D) float32, which are added up in the
 * order of the rows.
 *
 * @param at of the call
 * @param type of the call's token arrays
 * @param values where they lie
 * @param rows how many sums there are of each
 * @param columns of all parameters together
 * @param channels D
 */
record ParameterRows(
    CudaDevice device,
    Addresses at,
    ElementType type,
    long values,
    long rows,
    long columns,
    long channels) {

  /**
   * Adds the sums of one parameter to its gradient.
   *
   * @param column its first
   * @param count how many it has
   * @param gradient its gradient, (D, count); null for none
   */
  void addTo(int column, int count, NDArray gradient) {
    if (gradient != null && gradient.getDataType() != DataType.FLOAT32) {
      NDArray single = at.zeros(channels, count);
      addTo(column, count, single);
      gradient.addi(single.reshape(gradient.getShape()));
    } else if (gradient != null && count > 0) {
      device.launch(
          "add_rows",
          type,
          new Grid(Math.toIntExact(Grid.ceil(count * channels, Grid.BLOCK)), 1, 1, Grid.BLOCK),
          values + column * channels * Float.BYTES,
          rows,
          columns,
          count,
          channels,
          at.of(gradient));
    }
  }
}
