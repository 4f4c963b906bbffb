package dev.visionmamba.scans.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/** Cuts an operator's work into pieces and runs them, the caller taking part. */
final class Workers {

  private static final int THREADS = Threads.perOperation();
  private static final Team TEAM = Team.of(THREADS);

  /** Waking another thread takes a good part of this. */
  private static final double LEAST_NANOS = 150_000;

  /** Copying rows of so many channels costs little beside the work on them. */
  private static final int LONG_ROW = 192;

  /** Rows of fewer channels cost more than a sum for each part of the directions. */
  private static final int SHORT_ROW = 96;

  /** With fewer blocks in a piece, what every piece copies costs more than is gained. */
  private static final int LEAST_BLOCKS = 2;

  private Workers() {}

  /**
   * Sequences fromItem..toItem-1 of the batch, channels fromChannel..toChannel-1.
   *
   * @param index its place in the list of pieces
   * @param channelPart which part of the channels it is, the same for all sequences
   */
  record Piece(
      int index, int fromItem, int toItem, int channelPart, int fromChannel, int toChannel) {}

  /** A piece, and which part of its directions or tokens. */
  record Task(Piece piece, int part) {

    /** The first of some items that a part of them has. */
    int first(int items, int parts) {
      return (int) ((long) items * part / parts);
    }

    /** The item after its last. */
    int end(int items, int parts) {
      return (int) ((long) items * (part + 1) / parts);
    }
  }

  /** Each piece in so many parts. */
  static List<Task> tasks(List<Piece> pieces, int parts) {
    List<Task> tasks = new ArrayList<>();
    for (Piece piece : pieces) {
      for (int part = 0; part < parts; part++) {
        tasks.add(new Task(piece, part));
      }
    }
    return tasks;
  }

  /**
   * Into how many parts directions or tokens are cut: where sequences and channels give too few
   * pieces.
   *
   * @param most how many directions or tokens there are
   * @param nanos about how long one thread would take for one sequence
   */
  static int parts(List<Piece> pieces, int items, int most, double nanos) {
    boolean enough = pieces.size() >= THREADS || pieces.isEmpty() || items * nanos < LEAST_NANOS;
    return enough ? 1 : Math.min(most, ceilDiv(THREADS, pieces.size()));
  }

  /**
   * Cuts by sequence first, and by channels only where there are too few sequences: the fewer
   * channels, the shorter the rows that are copied.
   *
   * @param directions into how many parts the work can be cut besides
   * @param nanos about how long one thread would take for one sequence
   */
  static List<Piece> pieces(int items, int channels, int lanes, int directions, double nanos) {
    boolean alone = THREADS == 1 || items * nanos < LEAST_NANOS;
    int itemPieces = Math.min(items, alone ? 1 : 4 * THREADS);
    int blocks = ceilDiv(channels, lanes);
    int channelPieces =
        alone || itemPieces == 0
            ? 1
            : Math.min(blocks, channelPieces(itemPieces, channels, directions));
    return pieces(items, itemPieces, channels, blocks, channelPieces, lanes);
  }

  private static List<Piece> pieces(
      int items, int itemPieces, int channels, int blocks, int channelPieces, int lanes) {
    List<Piece> pieces = new ArrayList<>();
    for (int i = 0; i < itemPieces; i++) {
      for (int j = 0; j < channelPieces; j++) {
        pieces.add(
            new Piece(
                pieces.size(),
                (int) ((long) items * i / itemPieces),
                (int) ((long) items * (i + 1) / itemPieces),
                j,
                blocks * j / channelPieces * lanes,
                Math.min(channels, blocks * (j + 1) / channelPieces * lanes)));
      }
    }
    return pieces;
  }

  /** Two pieces a thread if rows stay long, so that a thread that is held up holds up less. */
  private static int channelPieces(int itemPieces, int channels, int directions) {
    int twoEach = ceilDiv(2 * THREADS, itemPieces);
    int oneEach = ceilDiv(THREADS, itemPieces);
    if (channels >= twoEach * LONG_ROW) {
      return twoEach;
    }
    return channels < oneEach * SHORT_ROW && directions >= oneEach ? 1 : oneEach;
  }

  /**
   * A piece of each sequence for each thread, all of equally many blocks: for directions that share
   * what they read, so that short rows cost little.
   *
   * @return none if threads do not divide the blocks, or pieces would be short
   */
  static List<Piece> evenPieces(int items, int channels, int lanes) {
    int each = ceilDiv(THREADS, items);
    int blocks = ceilDiv(channels, lanes);
    boolean even = blocks % each == 0 && blocks / each >= LEAST_BLOCKS;
    return even ? pieces(items, items, channels, blocks, each, lanes) : List.of();
  }

  private static int ceilDiv(int a, int b) {
    return (a + b - 1) / b;
  }

  /** Runs a task for each piece. */
  static <T> void run(List<T> pieces, Consumer<T> task) {
    run(pieces.size(), i -> task.accept(pieces.get(i)));
  }

  /** Runs tasks 0..count-1. */
  static void run(int count, IntConsumer task) {
    TEAM.run(count, task);
  }
}
