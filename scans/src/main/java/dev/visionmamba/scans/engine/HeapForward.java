package dev.visionmamba.scans.engine;

import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.engine.DirectionScan.Operands;
import java.util.Arrays;
import java.util.List;

/**
 * A forward pass of several directions over the same input: each sequence comes to the heap as a
 * whole, once, where all directions read it and add to a sum, and only the output goes back.
 */
final class HeapForward {
  private final CpuScan scan;
  private final CpuScan.Outputs outputs;
  private final List<Workers.Piece> pieces;
  private final int tokens;

  /** Columns of the step parameters that all directions share; 0 if they do not. */
  private final int parameterWidth;

  HeapForward(CpuScan scan, CpuScan.Outputs outputs, List<Workers.Piece> pieces) {
    this.scan = scan;
    this.outputs = outputs;
    this.pieces = pieces;
    this.tokens = scan.tokens();
    Operands first = scan.operands().get(0);
    boolean shared = scan.operands().stream().allMatch(first::sharesParameters);
    this.parameterWidth = shared ? first.parameterWidth() : 0;
  }

  /** Whether there are pieces, something to share, and a sequence is short enough. */
  boolean suits() {
    List<Operands> operands = scan.operands();
    Operands first = operands.get(0);
    boolean shares = operands.size() > 1 && operands.stream().allMatch(first::sharesInput);
    if (pieces.isEmpty() || !shares) {
      return false;
    }
    int widest = 0;
    for (Workers.Piece piece : pieces) {
      widest = Math.max(widest, piece.toChannel() - piece.fromChannel());
    }
    int stride = widest + (first.groups + 1) * scan.lanes();
    return HeapSequence.holds(tokens, stride, parameterWidth);
  }

  void run() {
    Workers.run(pieces, this::walk);
  }

  /** A piece, sequence by sequence. */
  private void walk(Workers.Piece piece) {
    int directions = scan.operands().size();
    Workspace workspace = scan.open(piece, 0, directions, false);
    DirectionScan any = workspace.direction(0);
    HeapSequence heap = workspace.heap();
    heap.reserve(tokens, any.stride(), parameterWidth);
    ScanPath everyToken = scan.everyToken();
    for (int sequence = piece.fromItem(); sequence < piece.toItem(); sequence++) {
      any.copyTo(heap, sequence);
      boolean begins = scan.operands().get(0).visitsEveryToken();
      if (!begins) {
        Arrays.fill(heap.sum, 0, tokens * any.stride(), 0f);
      }
      for (int k = 0; k < directions; k++) {
        DirectionScan direction = workspace.direction(k);
        direction.forward(sequence, heap, begins && k == 0, outputs.checkpoints(k));
        outputs.keepLastState(direction, sequence, k);
      }
      any.finish(sequence, heap, outputs.merging(), everyToken);
    }
  }
}
