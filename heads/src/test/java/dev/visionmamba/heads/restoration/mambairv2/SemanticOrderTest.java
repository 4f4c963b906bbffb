package dev.visionmamba.heads.restoration.mambairv2;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SemanticOrderTest {

  @Test
  void tokensOfAPromptAreNeighboursInRasterOrder() {
    SemanticOrder order = SemanticOrder.of(new long[] {2, 0, 2, 1, 1, 1, 0, 0}, 2, 3);
    assertThat(order.paths().get(0).order()).containsExactly(1, 3, 0, 2);
    assertThat(order.paths().get(1).order()).containsExactly(6, 7, 4, 5);
    assertThat(order.steps()).containsExactly(2, 0, 3, 1, 6, 7, 4, 5);
  }

  @Test
  void itIsAStableSortOfEachImage() {
    int images = 3;
    int length = 50;
    long[] prompts = new Random(4).longs((long) images * length, 0, 7).toArray();
    SemanticOrder order = SemanticOrder.of(prompts, images, 7);
    for (int image = 0; image < images; image++) {
      int first = image * length;
      List<Integer> sorted =
          IntStream.range(first, first + length)
              .boxed()
              .sorted(Comparator.comparing(token -> prompts[token]))
              .toList();
      for (int step = 0; step < length; step++) {
        assertThat(order.paths().get(image).token(step)).isEqualTo(sorted.get(step));
        assertThat(order.steps()[sorted.get(step)]).isEqualTo(first + step);
      }
      assertThat(order.paths().get(image).tokens()).isEqualTo(images * length);
    }
  }
}
