package dev.visionmamba.scans.engine;

import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.engine.DirectionScan.Operands;
import java.util.Arrays;
import java.util.List;

/**
 * A forward pass of several directions over the same input: each sequence comes to the heap as a
 * whole, once, where all directions read it and add to sums, and only the output goes back.
 */
final class HeapForward {
  private final CpuScan scan;
  private final CpuScan.Outputs outputs;
  private final List<Workers.Piece> pieces;

  /** Into how many parts the directions are cut, each with a sum of its own. */
  private final int parts;

  private final int tokens;

  /** Columns of the step parameters that all directions share; 0 if they do not. */
  private final int parameterWidth;

  HeapForward(CpuScan scan, CpuScan.Outputs outputs, List<Workers.Piece> pieces, int parts) {
    this.scan = scan;
    this.outputs = outputs;
    this.pieces = pieces;
    this.parts = parts;
    this.tokens = scan.tokens();
    Operands first = scan.operands().get(0);
    boolean shared = scan.operands().stream().allMatch(first::sharesParameters);
    this.parameterWidth = shared ? first.parameterWidth() : 0;
  }

  /** Whether there is something to share, and a sequence is short enough. */
  boolean suits() {
    List<Operands> operands = scan.operands();
    Operands first = operands.get(0);
    if (operands.size() == 1 || !operands.stream().allMatch(first::sharesInput)) {
      return false;
    }
    int widest = 0;
    for (Workers.Piece piece : pieces) {
      widest = Math.max(widest, piece.toChannel() - piece.fromChannel());
    }
    int stride = widest + (first.groups + 1) * scan.lanes();
    return HeapSequence.holds(tokens, stride, parameterWidth, parts);
  }

  void run() {
    if (parts == 1) {
      Workers.run(pieces, this::runAlone);
    } else {
      runInParts();
    }
  }

  /** One thread does all of a piece, sequence by sequence. */
  private void runAlone(Workers.Piece piece) {
    int directions = scan.operands().size();
    Workspace workspace = scan.open(piece, 0, directions, false);
    DirectionScan any = workspace.direction(0);
    HeapSequence heap = workspace.heap(0);
    heap.reserve(tokens, any.stride(), parameterWidth, 1);
    ScanPath everyToken = scan.everyToken();
    for (int sequence = piece.fromItem(); sequence < piece.toItem(); sequence++) {
      any.copyTo(heap, sequence, 0, tokens);
      walk(workspace, heap, sequence, 0);
      any.finish(sequence, heap, 1, outputs.merging(), everyToken, 0, tokens);
    }
  }

  /** Several threads share a piece, which is then of one sequence: first by tokens, last, too. */
  private void runInParts() {
    Workspace mine = scan.workspace();
    for (Workers.Piece piece : pieces) {
      int stride = scan.open(piece, 0, 1, false).direction(0).stride();
      mine.heap(piece.index()).reserve(tokens, stride, parameterWidth, parts);
    }
    ScanPath everyToken = scan.everyToken();
    int tokenParts = scan.tokenParts(pieces);
    List<Workers.Task> byTokens = Workers.tasks(pieces, tokenParts);
    Workers.run(
        byTokens,
        task -> {
          Workers.Piece piece = task.piece();
          int from = task.first(tokens, tokenParts);
          int to = task.end(tokens, tokenParts);
          DirectionScan any = scan.open(piece, 0, 1, false).direction(0);
          any.copyTo(mine.heap(piece.index()), piece.fromItem(), from, to);
        });
    Workers.run(
        Workers.tasks(pieces, parts),
        task -> {
          Workers.Piece piece = task.piece();
          int from = scan.firstOf(task.part(), parts);
          int to = scan.firstOf(task.part() + 1, parts);
          Workspace workspace = scan.open(piece, from, to, false);
          walk(workspace, mine.heap(piece.index()), piece.fromItem(), task.part());
        });
    Workers.run(
        byTokens,
        task -> {
          Workers.Piece piece = task.piece();
          HeapSequence heap = mine.heap(piece.index());
          int from = task.first(tokens, tokenParts);
          int to = task.end(tokens, tokenParts);
          DirectionScan any = scan.open(piece, 0, 1, false).direction(0);
          any.finish(piece.fromItem(), heap, parts, outputs.merging(), everyToken, from, to);
        });
  }

  /** Walks a part of the directions over a sequence. */
  private void walk(Workspace workspace, HeapSequence heap, int sequence, int part) {
    int from = scan.firstOf(part, parts);
    int to = scan.firstOf(part + 1, parts);
    float[] sum = heap.sum(part);
    boolean begins = scan.operands().get(from).visitsEveryToken();
    if (!begins) {
      Arrays.fill(sum, 0, tokens * workspace.direction(from).stride(), 0f);
    }
    for (int k = from; k < to; k++) {
      DirectionScan direction = workspace.direction(k);
      direction.forward(sequence, heap, sum, begins && k == from, outputs.checkpoints(k));
      outputs.keepLastState(direction, sequence, k);
    }
  }
}
