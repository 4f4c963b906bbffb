package dev.visionmamba.scans;

import java.util.Arrays;

/**
 * The order in which one direction visits the tokens of a sequence: step {@code t} visits token
 * {@code token(t)}. A path visits each token at most once; it may leave tokens out.
 */
public final class ScanPath {
  private final int[] order;
  private final int tokens;

  private ScanPath(int[] order, int tokens) {
    this.order = order;
    this.tokens = tokens;
  }

  /**
   * A path over {@code tokens} tokens.
   *
   * @param tokens how many tokens the sequence has, at least 1
   * @param order the token visited at each step, each in 0..tokens-1 and at most once; at least one
   * @return the path
   * @throws IllegalArgumentException if a token is out of range or visited twice
   */
  public static ScanPath of(int tokens, int... order) {
    if (tokens < 1 || order.length < 1) {
      throw new IllegalArgumentException(
          "a path needs at least one token and one step, got "
              + tokens
              + " tokens and "
              + order.length
              + " steps");
    }
    boolean[] visited = new boolean[tokens];
    for (int t = 0; t < order.length; t++) {
      int token = order[t];
      if (token < 0 || token >= tokens) {
        throw new IllegalArgumentException(
            "step " + t + " visits token " + token + ", but tokens are 0.." + (tokens - 1));
      }
      if (visited[token]) {
        throw new IllegalArgumentException(
            "step " + t + " visits token " + token + " a second time");
      }
      visited[token] = true;
    }
    return new ScanPath(order.clone(), tokens);
  }

  /**
   * The path that visits tokens 0, 1, 2, ... in the order in which they lie.
   *
   * @param tokens how many tokens, at least 1
   * @return the path
   */
  public static ScanPath raster(int tokens) {
    int[] order = new int[tokens];
    Arrays.setAll(order, t -> t);
    return of(tokens, order);
  }

  /**
   * This path walked from its end to its start.
   *
   * @return the reversed path
   */
  public ScanPath reversed() {
    int[] reversed = new int[order.length];
    Arrays.setAll(reversed, t -> order[order.length - 1 - t]);
    return new ScanPath(reversed, tokens);
  }

  /**
   * The token visited at a step.
   *
   * @param step 0..steps()-1
   * @return the token, 0..tokens()-1
   */
  public int token(int step) {
    return order[step];
  }

  /**
   * How many steps the path has.
   *
   * @return at least 1, at most {@link #tokens()}
   */
  public int steps() {
    return order.length;
  }

  /**
   * How many tokens the sequence has that the path walks.
   *
   * @return at least 1
   */
  public int tokens() {
    return tokens;
  }

  /**
   * The visited tokens, step by step.
   *
   * @return a copy
   */
  public int[] order() {
    return order.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ScanPath that
        && tokens == that.tokens
        && Arrays.equals(order, that.order);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(order) + tokens;
  }

  @Override
  public String toString() {
    return "ScanPath(" + order.length + " steps over " + tokens + " tokens)";
  }
}
