package dev.visionmamba.tasks.cli;

import ai.djl.modality.Classifications;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.visionmamba.tasks.ImageClassifier;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code visionmamba classify}. */
@Command(
    name = "classify",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Says what pictures show.",
      "A picture that cannot be read is reported, and the others are classified all the same."
    })
final class ClassifyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private ModelOption model;

  @Mixin private ComputeOptions compute;

  @Mixin private VerboseOption timing;

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "5",
      description = "How many classes to show (default: ${DEFAULT-VALUE}).")
  private int top;

  @Option(names = "--json", description = "Print one JSON object a line.")
  private boolean json;

  @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "The pictures.")
  private List<Path> images;

  @Override
  public Integer call() throws Exception {
    if (top < 1) {
      throw new ParameterException(spec.commandLine(), "--top must be at least 1, got " + top);
    }
    PrintWriter out = spec.commandLine().getOut();
    int failures = 0;
    timing.begin();
    try (ImageClassifier classifier = ImageClassifier.of(model.load(compute), true)) {
      timing.ended("model");
      for (Path image : images) {
        try {
          print(out, image, classifier.classify(image).topK(top));
        } catch (IOException e) {
          failures++;
          spec.commandLine().getErr().println("visionmamba: " + Failures.message(e));
        }
        out.flush();
        timing.ended(String.valueOf(image.getFileName()));
      }
    }
    return failures == 0 ? 0 : 1;
  }

  private void print(PrintWriter out, Path image, List<Classifications.Classification> classes) {
    if (json) {
      JsonArray array = new JsonArray();
      for (Classifications.Classification item : classes) {
        JsonObject entry = new JsonObject();
        entry.addProperty("name", item.getClassName());
        entry.addProperty("probability", item.getProbability());
        array.add(entry);
      }
      JsonObject line = new JsonObject();
      line.addProperty("image", image.toString());
      line.add("classes", array);
      out.println(line);
      return;
    }
    out.println(image);
    for (Classifications.Classification item : classes) {
      out.printf(Locale.ROOT, "  %5.1f %%  %s%n", 100 * item.getProbability(), item.getClassName());
    }
  }
}
