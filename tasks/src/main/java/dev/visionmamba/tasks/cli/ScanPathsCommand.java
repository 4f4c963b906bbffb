package dev.visionmamba.tasks.cli;

import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import dev.visionmamba.scans.ScanStrategies;
import dev.visionmamba.scans.ScanStrategy;
import dev.visionmamba.tasks.drawing.ScanPathsPicture;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code visionmamba scan-paths}. */
@Command(
    name = "scan-paths",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Draws how a scan strategy walks a grid of tokens: a panel for each direction.",
      "--list says what each strategy is."
    })
final class ScanPathsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--strategy",
      paramLabel = "NAME",
      defaultValue = "cross",
      description =
          "Which strategy (default: ${DEFAULT-VALUE}): ${COMPLETION-CANDIDATES}. Three take"
              + " parameters: atrous-3, window-4, local-h-v_flip-w7.",
      completionCandidates = StrategyNames.class)
  private String strategy;

  @Option(
      names = "--size",
      paramLabel = "HxW",
      defaultValue = "8x12",
      converter = SizeConverter.class,
      description = "Rows and columns of the grid (default: ${DEFAULT-VALUE}).")
  private Size size;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "paths.png",
      description = "Where the picture goes, a PNG (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Option(names = "--list", description = "List the strategies and draw nothing.")
  private boolean list;

  private static final class StrategyNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return ScanStrategies.names().iterator();
    }
  }

  private record Size(int height, int width) {}

  /** Reads {@code 8x12}. */
  private static final class SizeConverter implements ITypeConverter<Size> {
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,9})[xX]([0-9]{1,9})");

    @Override
    public Size convert(String text) {
      Matcher matcher = SIZE.matcher(text);
      if (!matcher.matches()) {
        throw new TypeConversionException("\"" + text + "\" is not rows x columns as in 8x12");
      }
      return new Size(side(matcher.group(1)), side(matcher.group(2)));
    }

    private static int side(String digits) {
      int side = Integer.parseInt(digits);
      if (side < 1 || side > ScanPathsPicture.LONGEST_SIDE) {
        throw new TypeConversionException(
            "a side must be 1 to " + ScanPathsPicture.LONGEST_SIDE + ", got " + side);
      }
      return side;
    }
  }

  @Override
  public Integer call() throws Exception {
    PrintWriter console = spec.commandLine().getOut();
    if (list) {
      console.println(table());
      return 0;
    }
    ScanStrategy walk = named();
    ScanPathsPicture.write(
        strategy, ScanStrategies.description(strategy), walk, size.height(), size.width(), out);
    console.println(out);
    return 0;
  }

  private ScanStrategy named() {
    try {
      return ScanStrategies.named(strategy);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private static String table() {
    return TextTable.of(
        ScanStrategies.names(),
        List.of(
            new Column().header("name").dataAlign(HorizontalAlign.LEFT).with(name -> name),
            new Column()
                .header("walks")
                .dataAlign(HorizontalAlign.LEFT)
                .maxWidth(100)
                .with(ScanStrategies::description)));
  }
}
