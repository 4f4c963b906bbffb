package dev.visionmamba.scans.engine;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.engine.DirectionScan.Merging;
import java.util.ArrayList;
import java.util.List;

/**
 * A forward pass that copies what it needs of a sequence tile by tile: for sequences of any length.
 */
final class TiledForward {
  private final CpuScan scan;
  private final CpuScan.Outputs outputs;
  private final List<Workers.Piece> pieces;

  /** Into how many parts the directions are cut. */
  private final int parts;

  TiledForward(CpuScan scan, CpuScan.Outputs outputs, List<Workers.Piece> pieces, int parts) {
    this.scan = scan;
    this.outputs = outputs;
    this.pieces = pieces;
    this.parts = parts;
  }

  void run() {
    Merging merging = outputs.merging();
    boolean finishedByLast = scan.lastFinishes() && parts == 1;
    try (NDManager temporary = outputs.result().output().getManager().newSubManager(Device.cpu())) {
      List<Rows> otherSums = new ArrayList<>();
      for (int part = 1; part < parts; part++) {
        otherSums.add(Rows.of(scan.sumToBegin(temporary, scan.firstOf(part, parts))));
      }
      Workers.run(
          Workers.tasks(pieces, parts),
          task -> {
            int part = task.part();
            Merging target = part == 0 ? merging : merging.into(otherSums.get(part - 1));
            walk(task.piece(), part, target, finishedByLast);
          });
      if (!finishedByLast) {
        int tokenParts = scan.tokenParts(pieces);
        Workers.run(Workers.tasks(pieces, tokenParts), task -> finish(task, tokenParts, otherSums));
      }
    }
  }

  /** Walks a part of the directions over a piece. */
  private void walk(Workers.Piece piece, int part, Merging merging, boolean lastFinishes) {
    int from = scan.firstOf(part, parts);
    int to = scan.firstOf(part + 1, parts);
    Workspace workspace = scan.open(piece, from, to, false);
    for (int sequence = piece.fromItem(); sequence < piece.toItem(); sequence++) {
      for (int k = from; k < to; k++) {
        DirectionScan direction = workspace.direction(k);
        direction.forward(
            sequence,
            merging,
            k == from && scan.operands().get(k).visitsEveryToken(),
            k == to - 1 && lastFinishes,
            outputs.checkpoints(k));
        outputs.keepLastState(direction, sequence, k);
      }
    }
  }

  private void finish(Workers.Task task, int tokenParts, List<Rows> otherSums) {
    Workers.Piece piece = task.piece();
    ScanPath everyToken = scan.everyToken();
    DirectionScan any = scan.open(piece, 0, 1, false).direction(0);
    int from = task.first(scan.tokens(), tokenParts);
    int to = task.end(scan.tokens(), tokenParts);
    for (int sequence = piece.fromItem(); sequence < piece.toItem(); sequence++) {
      any.finish(sequence, otherSums, outputs.merging(), everyToken, from, to);
    }
  }
}
