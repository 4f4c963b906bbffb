package dev.visionmamba.tasks.annotations;

import java.util.Arrays;

/** The characters that COCO writes the runs of a mask with. */
final class CompressedCounts {
  private static final int FIRST = '0';
  private static final int GROUP_BITS = 5;
  private static final int GROUP = 0x1f;
  private static final int SIGN = 0x10;
  private static final int MORE = 0x20;

  /** Seven groups hold the difference of any two counts. */
  private static final int MOST_GROUPS = 7;

  /** From this count on, differences are written. */
  private static final int FIRST_DIFFERENCE = 3;

  private CompressedCounts() {}

  static String format(int[] counts) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < counts.length; i++) {
      long rest = i < FIRST_DIFFERENCE ? counts[i] : (long) counts[i] - counts[i - 2];
      boolean more = true;
      while (more) {
        int group = (int) rest & GROUP;
        rest >>= GROUP_BITS;
        // What is left out must be what the sign bit tells.
        more = rest != ((group & SIGN) == 0 ? 0 : -1);
        text.append((char) (FIRST + group + (more ? MORE : 0)));
      }
    }
    return text.toString();
  }

  /** The counts; each is 0 to pixels. */
  static int[] parse(String text, long pixels) {
    int[] counts = new int[text.length()];
    int n = 0;
    int at = 0;
    while (at < text.length()) {
      long value = 0;
      int shift = 0;
      int character;
      do {
        if (at == text.length() || shift == MOST_GROUPS * GROUP_BITS) {
          throw new IllegalArgumentException(
              "the compressed run %d of a mask does not end, at character %d".formatted(n, at));
        }
        character = text.charAt(at) - FIRST;
        if (character < 0 || character > (GROUP | MORE)) {
          throw new IllegalArgumentException(
              "the character %d of a compressed mask, '%c', is not one of '0' to 'o'"
                  .formatted(at, text.charAt(at)));
        }
        value |= (long) (character & GROUP) << shift;
        shift += GROUP_BITS;
        at++;
      } while ((character & MORE) != 0);
      if ((character & SIGN) != 0) {
        value |= -1L << shift;
      }
      if (n >= FIRST_DIFFERENCE) {
        value += counts[n - 2];
      }
      if (value < 0 || value > pixels) {
        throw new IllegalArgumentException(
            "the compressed run %d of a mask is %d long, but there are %d pixels"
                .formatted(n, value, pixels));
      }
      counts[n++] = (int) value;
    }
    return Arrays.copyOf(counts, n);
  }
}
