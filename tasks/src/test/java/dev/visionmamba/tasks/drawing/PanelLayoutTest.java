package dev.visionmamba.tasks.drawing;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Rectangle;
import org.junit.jupiter.api.Test;

class PanelLayoutTest {

  @Test
  void panelsHaveRoomAndDoNotOverlap() {
    int[][] sizes = {{1, 1}, {1, 64}, {64, 1}, {8, 12}, {7, 5}, {64, 64}, {256, 256}, {2, 256}};
    for (int[] size : sizes) {
      for (int panels : new int[] {1, 2, 3, 4, 5, 8, 9, 16, 64}) {
        PanelLayout layout = PanelLayout.fit(panels, size[0], size[1]);
        Rectangle whole = new Rectangle(0, 0, layout.pixelWidth(), layout.pixelHeight());
        for (int i = 0; i < panels; i++) {
          Rectangle cells = layout.cells(i);
          assertThat(cells.height).isEqualTo(size[0] * layout.cell());
          assertThat(cells.width).isEqualTo(size[1] * layout.cell());
          Rectangle panel = withTitle(cells);
          assertThat(whole.contains(panel)).isTrue();
          for (int j = 0; j < i; j++) {
            assertThat(panel.intersects(withTitle(layout.cells(j)))).isFalse();
          }
        }
      }
    }
  }

  private static Rectangle withTitle(Rectangle cells) {
    return new Rectangle(
        cells.x, cells.y - PanelLayout.TITLE, cells.width, cells.height + PanelLayout.TITLE);
  }

  @Test
  void cellsAreAsLargeAsAScreenAllows() {
    assertThat(PanelLayout.fit(4, 8, 12)).isEqualTo(new PanelLayout(4, 2, 8, 12, 40));
    assertThat(PanelLayout.fit(1, 1, 1).cell()).isEqualTo(40);
    assertThat(PanelLayout.fit(2, 64, 64).cell()).isBetween(8, 12);
    assertThat(PanelLayout.fit(4, 64, 64).cell()).isBetween(7, 10);
    assertThat(PanelLayout.fit(64, 64, 64).cell()).isEqualTo(4);
  }

  @Test
  void longGridsLieAboveEachOtherAndHighOnesBeside() {
    assertThat(PanelLayout.fit(4, 1, 64).columns()).isEqualTo(1);
    assertThat(PanelLayout.fit(4, 64, 1).columns()).isEqualTo(4);
  }
}
