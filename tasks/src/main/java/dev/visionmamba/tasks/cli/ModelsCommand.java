package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import ai.djl.ndarray.types.Shape;
import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.heads.Classifier;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ModelCatalogue;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code visionmamba models}. */
@Command(
    name = "models",
    mixinStandardHelpOptions = true,
    description = "Lists the models: those with weights, then the networks that can be trained.")
final class ModelsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  private record Row(
      String name, String family, long parameters, long multiplyAdds, Shape size, String weights) {}

  @Override
  public Integer call() throws Exception {
    List<Row> rows = new ArrayList<>();
    for (String name : ModelCatalogue.bundled()) {
      try (ClassifierModel model = ModelCatalogue.load(name, Device.cpu())) {
        String backbone = model.description().backbone();
        String family = Backbones.find(backbone).orElseThrow().family();
        rows.add(row(name, family, model.network(), "bundled"));
      }
    }
    for (Backbones.Entry entry : Backbones.all()) {
      if (entry.published()) {
        Classifier network = Classifier.create(entry.name(), Map.of());
        rows.add(row(entry.name(), entry.family(), network, "to download"));
      }
    }
    spec.commandLine().getOut().println(table(rows));
    spec.commandLine().getOut().println("FLOPs as the papers count them: one multiply-add is one.");
    return 0;
  }

  private static Row row(String name, String family, Classifier network, String weights) {
    Shape size = network.backbone().imageSize();
    long multiplyAdds = network.multiplyAdds((int) size.get(0), (int) size.get(1));
    return new Row(name, family, network.parameterCount(), multiplyAdds, size, weights);
  }

  private static String table(List<Row> rows) {
    return AsciiTable.getTable(
        AsciiTable.NO_BORDERS,
        rows,
        List.of(
            new Column().header("name").dataAlign(HorizontalAlign.LEFT).with(Row::name),
            new Column().header("family").dataAlign(HorizontalAlign.LEFT).with(Row::family),
            new Column()
                .header("parameters")
                .with(row -> String.format(Locale.ROOT, "%,d", row.parameters())),
            new Column()
                .header("FLOPs")
                .with(row -> String.format(Locale.ROOT, "%.3f G", row.multiplyAdds() * 1e-9)),
            new Column()
                .header("resolution")
                .with(row -> row.size().get(0) + "x" + row.size().get(1)),
            new Column().header("weights").dataAlign(HorizontalAlign.LEFT).with(Row::weights)));
  }
}
