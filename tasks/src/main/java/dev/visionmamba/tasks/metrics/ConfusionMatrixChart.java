package dev.visionmamba.tasks.metrics;

import dev.visionmamba.zoo.checkpoint.AtomicFiles;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.HeatMapChartBuilder;

/** Draws a confusion matrix: rows are what images are, columns what they were taken for. */
public final class ConfusionMatrixChart {
  private ConfusionMatrixChart() {}

  /**
   * Writes a PNG, whole or not at all.
   *
   * @param matrix the matrix
   * @param file where; its folder must exist
   * @throws IOException if it cannot be written
   */
  public static void draw(ConfusionMatrix matrix, Path file) throws IOException {
    List<String> names = matrix.classNames();
    // The chart's y axis points up; a confusion matrix is read from the top.
    List<String> rows = new ArrayList<>(names);
    Collections.reverse(rows);
    List<Number[]> cells = new ArrayList<>();
    for (int predicted = 0; predicted < names.size(); predicted++) {
      for (int row = 0; row < names.size(); row++) {
        int actual = names.size() - 1 - row;
        cells.add(new Number[] {predicted, row, matrix.count(actual, predicted)});
      }
    }
    HeatMapChart chart =
        new HeatMapChartBuilder()
            .width(Math.max(700, 90 * names.size() + 200))
            .height(Math.max(600, 60 * names.size() + 160))
            .title(String.format("Confusion matrix, accuracy %.2f%%", 100 * matrix.accuracy()))
            .xAxisTitle("taken for")
            .yAxisTitle("is")
            .build();
    chart.addSeries("images", names, rows, cells);
    chart.getStyler().setShowValue(true);
    chart.getStyler().setRangeColors(new Color[] {Color.WHITE, new Color(0x1f, 0x77, 0xb4)});
    chart.getStyler().setXAxisLabelRotation(45);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    BitmapEncoder.saveBitmap(chart, png, BitmapEncoder.BitmapFormat.PNG);
    AtomicFiles.write(
        file, channel -> AtomicFiles.writeAll(channel, ByteBuffer.wrap(png.toByteArray())));
  }
}
