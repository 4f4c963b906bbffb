package dev.visionmamba.scans;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;

/** What a misspelt name may have meant. */
public final class NearestName {
  private NearestName() {}

  /**
   * The known name that is nearest to another.
   *
   * @param name any text; capitals do not matter
   * @param known at least one name
   * @return the first of those with the fewest letters to insert, to leave out or to change
   */
  public static String of(String name, Collection<String> known) {
    String lower = name.toLowerCase(Locale.ROOT);
    return known.stream()
        .min(Comparator.comparingInt(other -> distance(other.toLowerCase(Locale.ROOT), lower)))
        .orElseThrow();
  }

  /** Levenshtein's distance: how many letters to insert, to leave out or to change. */
  private static int distance(String a, String b) {
    int[] above = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      above[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] row = new int[b.length() + 1];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = above[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(change, 1 + Math.min(above[j], row[j - 1]));
      }
      above = row;
    }
    return above[b.length()];
  }
}
