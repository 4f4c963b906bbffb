package dev.visionmamba.scans;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Strategies by name. A name may be followed by a hyphen and parameters: {@code window-4}. */
final class StrategyNames {
  private static final List<Entry> ENTRIES =
      List.of(
          new Entry("raster", "row by row", ScanStrategies.RASTER),
          new Entry(
              "bidirectional",
              "row by row, and reversed (Vim, arXiv:2401.09417)",
              ScanStrategies.BIDIRECTIONAL),
          new Entry(
              "cross",
              "rows and columns, and both reversed (VMamba, arXiv:2401.10166)",
              ScanStrategies.CROSS),
          new Entry(
              "continuous",
              "rows to and fro, and reversed; columns to and fro, and reversed (PlainMamba,"
                  + " arXiv:2403.17695)",
              ScanStrategies.CONTINUOUS),
          new Entry(
              "atrous",
              "cells %s apart, one direction for each offset (EfficientVMamba, arXiv:2403.09977)",
              "2",
              step -> ScanStrategies.atrous(number("atrous", "step", step))),
          new Entry(
              "window",
              "windows of %1$s x %1$s, and reversed (LocalMamba, arXiv:2403.09338)",
              "2",
              size -> ScanStrategies.window(number("window", "size", size))),
          new Entry(
              "local",
              "directions %s (LocalMamba, arXiv:2403.09338)",
              "h-h_flip-w2-w2_flip",
              directions -> ScanStrategies.local(directions.split("-", -1))),
          new Entry(
              "diagonal", "both families of diagonals, and both reversed", ScanStrategies.DIAGONAL),
          new Entry("hilbert", "a Hilbert curve, and reversed", ScanStrategies.HILBERT));

  private StrategyNames() {}

  /**
   * @param name the name without parameters
   * @param description what it is; {@code %s} stands for the parameters
   * @param parameters those that the bare name means; null if it takes none
   * @param factory makes a strategy of parameters
   */
  private record Entry(
      String name, String description, String parameters, Function<String, ScanStrategy> factory) {

    Entry(String name, String description, ScanStrategy strategy) {
      this(name, description, null, parameters -> strategy);
    }
  }

  /** What a name stands for. */
  private record Match(Entry entry, String parameters) {}

  static ScanStrategy strategy(String name) {
    Match match = find(name);
    return match.entry().factory().apply(match.parameters());
  }

  static String description(String name) {
    Match match = find(name);
    String parameters = String.valueOf(match.parameters()).replace("-", ", ");
    return String.format(Locale.ROOT, match.entry().description(), parameters);
  }

  static List<String> names() {
    return ENTRIES.stream().map(Entry::name).toList();
  }

  private static Match find(String name) {
    int hyphen = name.indexOf('-');
    String head = hyphen < 0 ? name : name.substring(0, hyphen);
    for (Entry entry : ENTRIES) {
      if (entry.name().equals(name)) {
        return new Match(entry, entry.parameters());
      }
      if (entry.name().equals(head) && entry.parameters() != null) {
        return new Match(entry, name.substring(hyphen + 1));
      }
    }
    List<String> known = new ArrayList<>();
    for (Entry entry : ENTRIES) {
      known.add(entry.name());
      if (entry.parameters() != null) {
        known.add(entry.name() + "-" + entry.parameters());
      }
    }
    throw new IllegalArgumentException(
        "no scan strategy \""
            + name
            + "\"; did you mean "
            + NearestName.of(head, names())
            + "? There are: "
            + String.join(", ", known));
  }

  private static int number(String name, String what, String digits) {
    if (!digits.matches("[1-9][0-9]{0,8}")) {
      throw new IllegalArgumentException(
          "the " + what + " in " + name + "-" + digits + " must be a whole number from 1 on");
    }
    return Integer.parseInt(digits);
  }
}
