package dev.visionmamba.notebooks;

import dev.visionmamba.notebooks.NotebookRunner.CellException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Runs a notebook from top to bottom and compares what its cells give with what it has stored. */
final class StoredOutputs {
  /** The tag, that of nbval, of cells whose texts differ from machine to machine. */
  static final String IGNORE_OUTPUT = "nbval-ignore-output";

  /**
   * How far pictures may differ, in levels of 0 to 255, in the mean over pixels and colours: fonts
   * and the last digits of what is drawn differ between machines.
   */
  static final double TOLERANCE = 8;

  private StoredOutputs() {}

  /**
   * Compares a notebook's outputs: texts must be equal, pictures of the same size and of nearly the
   * same colours. The tag {@value #IGNORE_OUTPUT} excuses a cell's texts and colours.
   *
   * @param notebook the notebook
   * @return every difference, by cell; after a cell that does not run the rest is left out
   */
  static List<String> differences(Notebook notebook) throws IOException {
    List<String> differences = new ArrayList<>();
    try (NotebookRunner runner = new NotebookRunner()) {
      for (Notebook.Cell cell : notebook.codeCells()) {
        List<Output> found;
        try {
          found = runner.run(cell.source());
        } catch (CellException e) {
          differences.add("cell " + cell.number() + " does not run: " + e.getMessage());
          break;
        }
        String difference = difference(cell.outputs(), found, cell.tags().contains(IGNORE_OUTPUT));
        if (difference != null) {
          differences.add("cell " + cell.number() + ": " + difference);
        }
      }
    } catch (CellException e) {
      throw new IllegalStateException(e);
    }
    return differences;
  }

  /**
   * Stores what the cells give.
   *
   * @throws CellException if a cell does not run
   */
  static void update(Notebook notebook) throws IOException, CellException {
    try (NotebookRunner runner = new NotebookRunner()) {
      for (Notebook.Cell cell : notebook.codeCells()) {
        try {
          cell.store(runner.run(cell.source()));
        } catch (CellException e) {
          throw new CellException("cell " + cell.number() + ": " + e.getMessage(), e);
        }
      }
    }
  }

  private static String difference(List<Output> stored, List<Output> found, boolean onlyKinds)
      throws IOException {
    if (!kinds(stored).equals(kinds(found))) {
      return "stored are " + kinds(stored) + ", but it gives " + kinds(found);
    }
    for (int i = 0; i < stored.size(); i++) {
      if (stored.get(i) instanceof Output.Picture picture) {
        double mean = mean(picture.image(), ((Output.Picture) found.get(i)).image());
        if (mean > TOLERANCE && !onlyKinds) {
          return String.format(
              Locale.ROOT, "picture %d differs by %.1f levels, more than %.0f", i, mean, TOLERANCE);
        }
      } else if (!onlyKinds && !stored.get(i).equals(found.get(i))) {
        String wanted = ((Output.Text) stored.get(i)).text();
        return "stored is\n" + wanted + "\nbut it prints\n" + ((Output.Text) found.get(i)).text();
      }
    }
    return null;
  }

  /** Which outputs there are: the texts, and the pictures with their sizes. */
  private static List<String> kinds(List<Output> outputs) throws IOException {
    List<String> kinds = new ArrayList<>();
    for (Output output : outputs) {
      if (output instanceof Output.Picture picture) {
        BufferedImage image = picture.image();
        kinds.add("a picture of " + image.getWidth() + " x " + image.getHeight());
      } else {
        kinds.add("a text");
      }
    }
    return kinds;
  }

  private static double mean(BufferedImage stored, BufferedImage found) {
    long sum = 0;
    for (int y = 0; y < stored.getHeight(); y++) {
      for (int x = 0; x < stored.getWidth(); x++) {
        int wanted = stored.getRGB(x, y);
        int is = found.getRGB(x, y);
        for (int shift = 0; shift <= 16; shift += 8) {
          sum += Math.abs((wanted >> shift & 0xff) - (is >> shift & 0xff));
        }
      }
    }
    return sum / (3.0 * stored.getWidth() * stored.getHeight());
  }
}
