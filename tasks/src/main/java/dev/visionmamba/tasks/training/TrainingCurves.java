package dev.visionmamba.tasks.training;

import dev.visionmamba.zoo.checkpoint.AtomicFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws how the loss and what is measured went. */
final class TrainingCurves {
  private TrainingCurves() {}

  /** Writes a PNG with two axes: what is measured in percent on the left, loss on the right. */
  static void draw(List<EpochResult> history, MeasureNames names, Path file) throws IOException {
    XYChart chart =
        new XYChartBuilder()
            .width(960)
            .height(600)
            .title("Training")
            .xAxisTitle("epoch")
            .yAxisTitle(axis(names))
            .theme(Styler.ChartTheme.Matlab)
            .build();
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS);
    chart.getStyler().setLegendLayout(Styler.LegendLayout.Horizontal);
    chart.setYAxisGroupTitle(1, "loss");
    chart.getStyler().setYAxisGroupPosition(1, Styler.YAxisPosition.Right);
    chart.getStyler().setXAxisDecimalPattern("0");
    double[] epochs = values(history, EpochResult::epoch);
    chart
        .addSeries("train " + names.train(), epochs, values(history, r -> 100 * r.trainAccuracy()))
        .setMarker(SeriesMarkers.CIRCLE);
    chart
        .addSeries("test " + names.test(), epochs, values(history, r -> 100 * r.testAccuracy()))
        .setMarker(SeriesMarkers.DIAMOND);
    chart
        .addSeries("train loss", epochs, values(history, EpochResult::trainLoss))
        .setMarker(SeriesMarkers.NONE)
        .setYAxisGroup(1);
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    BitmapEncoder.saveBitmap(chart, png, BitmapEncoder.BitmapFormat.PNG);
    AtomicFiles.write(
        file, channel -> AtomicFiles.writeAll(channel, ByteBuffer.wrap(png.toByteArray())));
  }

  private static String axis(MeasureNames names) {
    String both =
        names.train().equals(names.test()) ? names.train() : names.train() + " and " + names.test();
    return both + ", " + names.unit();
  }

  private static double[] values(List<EpochResult> history, ToDoubleFunction<EpochResult> value) {
    return history.stream().mapToDouble(value).toArray();
  }
}
