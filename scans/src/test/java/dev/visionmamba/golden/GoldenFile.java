package dev.visionmamba.golden;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * One golden file.
 *
 * @param path where it was read from
 * @param model the published name of what it pins
 * @param config the reference constructor's arguments; empty where the model says everything
 * @param parameters the state dict, in order
 * @param inputs by name
 * @param outputs by name
 */
public record GoldenFile(
    Path path,
    String model,
    JsonObject config,
    List<GoldenTensor> parameters,
    Map<String, GoldenTensor> inputs,
    Map<String, GoldenOutput> outputs) {

  /** Names a folder of more golden files, searched recursively. */
  public static final String DIRECTORY_PROPERTY = "golden.dir";

  /**
   * The files in a folder beside a test class's resources, and those of the folder of the property
   * but for what is {@link NotImplemented}.
   */
  public static List<Path> find(Class<?> test, String resourceFolder) {
    URL resources = test.getResource(resourceFolder);
    if (resources == null) {
      throw new IllegalStateException("no golden files at " + resourceFolder);
    }
    try {
      List<Path> files = new ArrayList<>(list(Path.of(resources.toURI())));
      more().stream().filter(file -> NotImplemented.of(file).isEmpty()).forEach(files::add);
      return files;
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** All files of the folder of the property; none without it. */
  public static List<Path> more() {
    String folder = System.getProperty(DIRECTORY_PROPERTY);
    return folder == null ? List.of() : list(Path.of(folder));
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> file.toString().matches(".*\\.json(\\.gz)?"))
          .sorted()
          .collect(Collectors.toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads a file, compressed or not. */
  public static GoldenFile read(Path path) {
    try (InputStream file = Files.newInputStream(path);
        InputStream in = path.toString().endsWith(".gz") ? new GZIPInputStream(file) : file;
        Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
      return parse(path, JsonParser.parseReader(reader).getAsJsonObject());
    } catch (IOException e) {
      throw new UncheckedIOException(path.toString(), e);
    }
  }

  private static GoldenFile parse(Path path, JsonObject json) {
    List<GoldenTensor> parameters = new ArrayList<>();
    for (JsonElement element : json.getAsJsonArray("parameters")) {
      JsonArray row = element.getAsJsonArray();
      parameters.add(
          new GoldenTensor(
              row.get(0).getAsString(),
              longs(row.get(1)),
              row.get(2).getAsDouble(),
              row.get(3).getAsDouble(),
              null));
    }
    Map<String, GoldenTensor> inputs = new LinkedHashMap<>();
    for (JsonElement element : json.getAsJsonArray("inputs")) {
      GoldenTensor input = input(element.getAsJsonObject());
      inputs.put(input.name(), input);
    }
    Map<String, GoldenOutput> outputs = new LinkedHashMap<>();
    for (JsonElement element : json.getAsJsonArray("outputs")) {
      GoldenOutput output = output(element.getAsJsonObject());
      outputs.put(output.name(), output);
    }
    return new GoldenFile(
        path,
        json.get("model").getAsString(),
        json.has("config") ? json.getAsJsonObject("config") : new JsonObject(),
        parameters,
        inputs,
        outputs);
  }

  private static GoldenTensor input(JsonObject json) {
    String name = json.get("name").getAsString();
    if (!json.has("values")) {
      return new GoldenTensor(
          name,
          longs(json.get("shape")),
          json.get("offset").getAsDouble(),
          json.get("scale").getAsDouble(),
          null);
    }
    JsonArray array = json.getAsJsonArray("values");
    float[] values = new float[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).getAsFloat();
    }
    return new GoldenTensor(name, longs(json.get("shape")), 0, 0, values);
  }

  private static GoldenOutput output(JsonObject json) {
    boolean whole = json.has("values");
    JsonArray stored = json.getAsJsonArray(whole ? "values" : "samples");
    int[] indices = new int[stored.size()];
    double[] values = new double[stored.size()];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = whole ? i : stored.get(i).getAsJsonArray().get(0).getAsInt();
      values[i] = (whole ? stored.get(i) : stored.get(i).getAsJsonArray().get(1)).getAsDouble();
    }
    return new GoldenOutput(
        json.get("name").getAsString(),
        longs(json.get("shape")),
        json.get("absmax").getAsDouble(),
        json.get("l2").getAsDouble(),
        indices,
        values);
  }

  private static long[] longs(JsonElement array) {
    long[] values = new long[array.getAsJsonArray().size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.getAsJsonArray().get(i).getAsLong();
    }
    return values;
  }

  @Override
  public String toString() {
    return path.getFileName().toString();
  }
}
