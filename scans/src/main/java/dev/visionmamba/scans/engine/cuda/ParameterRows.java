package dev.visionmamba.scans.engine.cuda;

/**
 * Partial sums of parameters' gradients, (rows, columns, D) float32, which are added up in the
 * order of the rows.
 *
 * @param values where they lie
 * @param rows how many sums there are of each
 * @param columns of all parameters together
 * @param channels D
 */
record ParameterRows(
    CudaDevice device, ElementType type, long values, long rows, long columns, long channels) {

  /**
   * Adds the sums of one parameter to its gradient.
   *
   * @param column its first
   * @param count how many it has
   * @param gradient where its gradient (D, count) lies; 0 for none
   */
  void addTo(int column, int count, long gradient) {
    if (gradient != 0) {
      device.launch(
          "add_rows",
          type,
          new Grid(Math.toIntExact(Grid.ceil(count * channels, Grid.BLOCK)), 1, 1, Grid.BLOCK),
          values + column * channels * Float.BYTES,
          rows,
          columns,
          count,
          channels,
          gradient);
    }
  }
}
