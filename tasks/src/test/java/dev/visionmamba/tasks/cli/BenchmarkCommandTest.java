package dev.visionmamba.tasks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.visionmamba.heads.restoration.Restorers;
import dev.visionmamba.tasks.DenseModels;
import dev.visionmamba.zoo.DetectorModel;
import dev.visionmamba.zoo.SegmenterModel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code benchmark} and {@code export} of networks that are no classifiers. */
class BenchmarkCommandTest {
  @TempDir private Path folder;

  private static JsonObject benchmark(Object model, String... more) {
    String[] words = {"benchmark", "--json", "--runs", "1", "--warmup", "0", "--model", "" + model};
    String[] all = Arrays.copyOf(words, words.length + more.length);
    System.arraycopy(more, 0, all, words.length, more.length);
    CommandLineRun run = CommandLineRun.of(all);
    assertThat(run.code()).as(run.err()).isZero();
    return JsonParser.parseString(run.out()).getAsJsonObject();
  }

  private static void assertSized(JsonObject result, int height, int width, double multiplyAdds) {
    assertThat(result.get("height").getAsInt()).isEqualTo(height);
    assertThat(result.get("width").getAsInt()).isEqualTo(width);
    assertThat(result.get("size").getAsInt()).isEqualTo(Math.min(height, width));
    assertThat(result.get("flops").getAsDouble()).isEqualTo(2 * multiplyAdds);
    assertThat(result.get("median_ms").getAsDouble()).isPositive();
  }

  @Test
  void detectorsAreMeasuredAtAnySize() throws Exception {
    DetectorModel masks = DenseModels.maskRcnn();
    double cost = masks.network().multiplyAdds(64, 96);
    Path file = DenseModels.save(masks, folder.resolve("masks.st"));
    assertSized(benchmark(file, "--size", "64x96"), 64, 96, cost);
    DetectorModel boxes = DenseModels.retinaNet();
    double usual = boxes.network().multiplyAdds(32, 32);
    file = DenseModels.save(boxes, folder.resolve("boxes.st"));
    assertSized(benchmark(file), 32, 32, usual); // what it was trained for
  }

  @Test
  void segmentersAreMeasured() throws Exception {
    SegmenterModel model = DenseModels.segmenter();
    double cost = model.network().multiplyAdds(64, 64);
    Path file = DenseModels.save(model, folder.resolve("pixels.st"));
    assertSized(benchmark(file, "--size", "64", "--no-fold"), 64, 64, cost);
  }

  @Test
  void aNameOfTheCatalogueIsMeasuredWithRandomWeights() {
    double cost = Restorers.create("mambair_light_x2", Map.of()).multiplyAdds(16, 24);
    assertSized(benchmark("mambair_light_x2", "--size", "16x24"), 16, 24, cost);
    JsonObject segmenter = benchmark("semantic_fpn_efficientvim_m4", "--size", "64");
    assertThat(segmenter.get("flops").getAsDouble()).isBetween(1e8, 4e8);
  }

  @Test
  void denseModelsAreExported() throws Exception {
    Path file = DenseModels.save(DenseModels.retinaNet(), folder.resolve("boxes.st"));
    Path out = folder.resolve("exported");
    CommandLineRun run = CommandLineRun.of("export", "--model", "" + file, "" + out);
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(out.resolve("serving.properties"))
        .content()
        .contains("DetectionTranslatorFactory", "threshold=0.3", "option.hasParameter=false");
  }
}
