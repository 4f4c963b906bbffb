package dev.visionmamba.scans.engine;

import dev.visionmamba.scans.ScanPath;

/** A window of steps that moves along a path. One worker reuses it. */
final class Steps {
  private ScanPath path;
  private int start;
  private int count;
  private boolean consecutive;

  /** Places the window on steps start..start+count-1 of a path. */
  void moveTo(ScanPath path, int start, int count) {
    this.path = path;
    this.start = start;
    this.count = count;
    boolean rising = true;
    for (int i = 1; i < count && rising; i++) {
      rising = path.token(start + i) == path.token(start + i - 1) + 1;
    }
    this.consecutive = rising;
  }

  /** How many steps. */
  int count() {
    return count;
  }

  /** The token that the i-th step visits. */
  int token(int i) {
    return path.token(start + i);
  }

  /** Whether each step visits the token after the one before, so that their rows lie together. */
  boolean areConsecutiveTokens() {
    return consecutive;
  }
}
