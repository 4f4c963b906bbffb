package dev.visionmamba.tasks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.layers.HostMemory;
import dev.visionmamba.heads.ops.RescaleSize;
import dev.visionmamba.tasks.image.FitPreprocessing;
import dev.visionmamba.tasks.image.PixelImage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Pictures of any sizes as a network's input, some at once. Only pictures whose inputs are of one
 * size go together, so that no answer depends on which other pictures were asked about.
 */
final class FitBatches {
  private FitBatches() {}

  /**
   * Pictures that are computed together.
   *
   * @param images (B, 3, H, W), normalised and filled up with zeros; belongs to a manager of its
   *     own, which is closed afterwards
   * @param pictures B pictures
   * @param sizes what of each input is not filled up
   */
  record Batch(NDArray images, List<PixelImage> pictures, List<RescaleSize> sizes) {}

  /** Answers for each picture of a batch. */
  @FunctionalInterface
  interface Work<R> {
    List<R> answer(Batch batch);
  }

  /**
   * Runs a network over pictures.
   *
   * @param pictures of any sizes
   * @param preprocessing how one becomes an input
   * @param most how many at once, at least 1
   * @param manager that the inputs' managers are made from
   * @param work what is done with a batch
   * @return an answer for each picture, in their order
   */
  static <R> List<R> run(
      List<PixelImage> pictures,
      FitPreprocessing preprocessing,
      int most,
      NDManager manager,
      Work<R> work) {
    Map<Shape, List<Integer>> bySize = new LinkedHashMap<>();
    for (int i = 0; i < pictures.size(); i++) {
      RescaleSize size = size(preprocessing, pictures.get(i));
      Shape input =
          new Shape(preprocessing.padded(size.height()), preprocessing.padded(size.width()));
      bySize.computeIfAbsent(input, key -> new ArrayList<>()).add(i);
    }
    List<R> answers = new ArrayList<>(Collections.nCopies(pictures.size(), null));
    bySize.forEach(
        (input, members) -> {
          for (int first = 0; first < members.size(); first += most) {
            List<Integer> some = members.subList(first, Math.min(members.size(), first + most));
            List<PixelImage> chosen = some.stream().map(pictures::get).toList();
            List<R> part = answer(chosen, preprocessing, input, manager, work);
            for (int i = 0; i < some.size(); i++) {
              answers.set(some.get(i), part.get(i));
            }
          }
        });
    return answers;
  }

  private static RescaleSize size(FitPreprocessing preprocessing, PixelImage picture) {
    return preprocessing.size(picture.width(), picture.height());
  }

  private static <R> List<R> answer(
      List<PixelImage> pictures,
      FitPreprocessing preprocessing,
      Shape input,
      NDManager manager,
      Work<R> work) {
    try (NDManager scope = manager.newSubManager()) {
      int height = (int) input.get(0);
      int width = (int) input.get(1);
      NDArray images =
          HostMemory.write(
              scope,
              new Shape(pictures.size(), 3, height, width),
              pixels ->
                  pictures.forEach(picture -> preprocessing.write(picture, pixels, width, height)));
      List<RescaleSize> sizes =
          pictures.stream().map(picture -> size(preprocessing, picture)).toList();
      return work.answer(new Batch(images, pictures, sizes));
    }
  }
}
