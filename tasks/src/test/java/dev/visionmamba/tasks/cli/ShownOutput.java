package dev.visionmamba.tasks.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Compares what a command has printed with what a document shows. Runs of spaces count as one. A
 * line {@code ...} stands for any lines, three dots within a line for any text.
 */
enum ShownOutput {
  /** Every number is the same. */
  EXACT,
  /** Numbers that a network computes: 2 % and one of the last digit shown may differ. */
  NEAR,
  /** Numbers of the machine, or of the data: any. */
  SHAPE;

  private static final Pattern NUMBER = Pattern.compile("(?<![\\w.])\\d[\\d,]*(\\.\\d+)?");
  private static final String ANY = "...";

  void check(List<String> shown, List<String> printed) {
    List<String> actual = new ArrayList<>(printed.stream().map(ShownOutput::even).toList());
    boolean skip = false;
    for (String line : shown) {
      if (line.strip().equals(ANY)) {
        skip = true;
        continue;
      }
      while (skip && !actual.isEmpty() && !matches(even(line), actual.get(0))) {
        actual.remove(0);
      }
      skip = false;
      assertThat(actual).as("something is printed like \"%s\"", line).isNotEmpty();
      compare(even(line), actual.remove(0));
    }
    if (!skip) {
      assertThat(actual).as("printed, but not shown").isEmpty();
    }
  }

  private static String even(String line) {
    return line.strip().replaceAll("\\s+", " ");
  }

  private boolean matches(String shown, String actual) {
    if (shown.contains(ANY) || this == EXACT) {
      String pattern =
          Arrays.stream(shown.split(Pattern.quote(ANY), -1))
              .map(Pattern::quote)
              .collect(Collectors.joining(".*"));
      return actual.matches(pattern);
    }
    return masked(shown).equals(masked(actual));
  }

  private void compare(String shown, String actual) {
    assertThat(matches(shown, actual)).as("shown: %s%nprinted: %s", shown, actual).isTrue();
    if (this == NEAR && !shown.contains(ANY)) {
      List<String> wanted = numbers(shown);
      List<String> found = numbers(actual);
      for (int i = 0; i < wanted.size(); i++) {
        int point = wanted.get(i).indexOf('.');
        int decimals = point < 0 ? 0 : wanted.get(i).length() - point - 1;
        double value = value(wanted.get(i));
        assertThat(value(found.get(i)))
            .as("in: %s", actual)
            .isCloseTo(value, within(0.02 * value + Math.pow(10, -decimals)));
      }
    }
  }

  private static String masked(String line) {
    return NUMBER.matcher(line).replaceAll("#");
  }

  private static List<String> numbers(String line) {
    List<String> numbers = new ArrayList<>();
    Matcher matcher = NUMBER.matcher(line);
    while (matcher.find()) {
      numbers.add(matcher.group());
    }
    return numbers;
  }

  private static double value(String number) {
    return Double.parseDouble(number.replace(",", ""));
  }
}
