package dev.visionmamba.tasks.cli;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.ColumnData;
import com.github.freva.asciitable.HorizontalAlign;
import com.github.freva.asciitable.OverflowBehaviour;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Tables for a terminal: no borders, and no spaces at the ends of lines. */
final class TextTable {
  private static final int PADDING = 2;

  private TextTable() {}

  /** A table. */
  static <T> String of(List<T> rows, List<ColumnData<T>> columns) {
    return stripped(AsciiTable.getTable(AsciiTable.NO_BORDERS, rows, columns));
  }

  /**
   * A table that is not wider than a terminal: its last column, of words, is broken into lines.
   *
   * @param width of the terminal in characters
   * @param header of the last column
   * @param words what is in it
   */
  static <T> String of(
      List<T> rows,
      List<ColumnData<T>> columns,
      int width,
      String header,
      Function<T, String> words) {
    int taken = of(rows, columns).lines().mapToInt(String::length).max().orElse(0);
    int longest =
        rows.stream()
            .flatMap(row -> List.of(words.apply(row).split(" ")).stream())
            .mapToInt(String::length)
            .max()
            .orElse(0);
    int left = Math.max(longest, width - taken - PADDING);
    List<ColumnData<T>> all = new ArrayList<>(columns);
    all.add(
        new Column()
            .header(header)
            .dataAlign(HorizontalAlign.LEFT)
            .maxWidth(left + PADDING, OverflowBehaviour.NEWLINE)
            .with(words));
    return of(rows, all);
  }

  /** A table of words. */
  static String of(List<Column> columns, String[][] rows) {
    return stripped(
        AsciiTable.getTable(AsciiTable.NO_BORDERS, columns.toArray(new Column[0]), rows));
  }

  private static String stripped(String table) {
    return table.lines().map(String::stripTrailing).collect(Collectors.joining("\n"));
  }
}
