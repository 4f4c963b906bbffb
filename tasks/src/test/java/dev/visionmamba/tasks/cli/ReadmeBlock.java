package dev.visionmamba.tasks.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a Markdown file sets as code: a fenced block, or a command within the text.
 *
 * @param line of the file, 1 for the first
 * @param kind what stands behind the fence's backticks; {@value #INLINE} for a command in the text
 * @param lines what it holds
 */
record ReadmeBlock(int line, String kind, List<String> lines) {
  /** The kind of a command within the text. */
  static final String INLINE = "inline";

  private static final Pattern INLINE_COMMAND = Pattern.compile("`(\\./visionmamba [^`]+)`");

  /** All of a file, in their order. */
  static List<ReadmeBlock> of(List<String> file) {
    List<ReadmeBlock> blocks = new ArrayList<>();
    for (int i = 0; i < file.size(); i++) {
      if (file.get(i).startsWith("```")) {
        int first = i + 1;
        String kind = file.get(i).substring(3).strip();
        do {
          i++;
        } while (!file.get(i).equals("```"));
        blocks.add(new ReadmeBlock(first, kind, file.subList(first, i)));
      } else {
        Matcher command = INLINE_COMMAND.matcher(file.get(i));
        while (command.find()) {
          blocks.add(new ReadmeBlock(i + 1, INLINE, List.of(command.group(1))));
        }
      }
    }
    return blocks;
  }

  /**
   * A command and what is shown of its output.
   *
   * @param line the command line
   * @param output what the file shows below it; empty if it shows nothing
   */
  record Shown(String line, List<String> output) {}

  /** The commands of a block: lines that begin with a dollar, or, if none does, all lines. */
  List<Shown> commands() {
    if (lines.stream().noneMatch(text -> text.startsWith("$ "))) {
      return lines.stream().map(text -> new Shown(text, List.of())).toList();
    }
    List<Shown> commands = new ArrayList<>();
    for (String text : lines) {
      if (text.startsWith("$ ")) {
        commands.add(new Shown(text.substring(2), new ArrayList<>()));
      } else {
        commands.get(commands.size() - 1).output().add(text);
      }
    }
    return commands;
  }

  String text() {
    return String.join("\n", lines);
  }
}
