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
import java.util.Locale;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.HeatMapChartBuilder;

/**
 * Draws a confusion matrix: rows are what images are, columns what they were taken for. Of many
 * classes, cells are small and have no numbers, and then no names.
 */
public final class ConfusionMatrixChart {
  /** The longest side of a picture in pixels. */
  private static final int LONGEST_SIDE = 4000;

  /** Of more classes, the cells are too small for numbers. */
  private static final int MOST_WITH_NUMBERS = 50;

  /** Of more classes, the names would cover each other. */
  private static final int MOST_WITH_NAMES = 200;

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
            .width(side(700, 90L * names.size() + 200))
            .height(side(600, 60L * names.size() + 160))
            .title(
                String.format(
                    Locale.ROOT, "Confusion matrix, accuracy %.2f%%", 100 * matrix.accuracy()))
            .xAxisTitle("taken for")
            .yAxisTitle("is")
            .build();
    chart.addSeries("images", names, rows, cells);
    chart.getStyler().setShowValue(names.size() <= MOST_WITH_NUMBERS);
    chart.getStyler().setAxisTicksVisible(names.size() <= MOST_WITH_NAMES);
    chart.getStyler().setRangeColors(new Color[] {Color.WHITE, new Color(0x1f, 0x77, 0xb4)});
    chart.getStyler().setXAxisLabelRotation(45);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    BitmapEncoder.saveBitmap(chart, png, BitmapEncoder.BitmapFormat.PNG);
    AtomicFiles.write(
        file, channel -> AtomicFiles.writeAll(channel, ByteBuffer.wrap(png.toByteArray())));
  }

  private static int side(int shortest, long wanted) {
    return (int) Math.min(LONGEST_SIDE, Math.max(shortest, wanted));
  }
}
