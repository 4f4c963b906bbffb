package dev.visionmamba.tasks.drawing;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.List;

/** What the colours of a picture stand for, on a white strip below it. */
final class ClassLegend {
  /** Names need so much, in pixels, however narrow the picture is. */
  private static final int NARROWEST = 120;

  private ClassLegend() {}

  /** A colour and what it stands for. */
  record Entry(Color colour, String text) {}

  /** A picture with its legend; the picture itself if there are no entries. */
  static BufferedImage below(BufferedImage overlay, List<Entry> entries) {
    if (entries.isEmpty()) {
      return overlay;
    }
    PictureScale scale = PictureScale.of(overlay.getWidth(), overlay.getHeight());
    int width = Math.max(NARROWEST, overlay.getWidth());
    int line = scale.labelHeight();
    int gap = line / 2;
    int swatch = (int) Math.ceil(Letters.capital(scale.font()));
    int room = width - 2 * gap - swatch - gap / 2;
    List<String> texts = entries.stream().map(entry -> scale.fit(entry.text(), room)).toList();
    // Columns as wide as the widest entry.
    int widest =
        texts.stream().mapToInt(text -> Letters.width(scale.font(), text)).max().getAsInt();
    int column = swatch + gap / 2 + widest + gap;
    int columns = Math.max(1, Math.min(entries.size(), (width - gap) / column));
    int rows = (entries.size() + columns - 1) / columns;
    BufferedImage image =
        new BufferedImage(
            width, overlay.getHeight() + 2 * gap + rows * line, BufferedImage.TYPE_3BYTE_BGR);
    Graphics2D g = image.createGraphics();
    Letters.smooth(g);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, image.getWidth(), image.getHeight());
    g.drawImage(overlay, 0, 0, null);
    g.setFont(scale.font());
    for (int i = 0; i < entries.size(); i++) {
      int left = gap + i / rows * column;
      int middle = overlay.getHeight() + gap + i % rows * line + line / 2;
      g.setColor(entries.get(i).colour());
      g.fillRect(left, middle - swatch / 2, swatch, swatch);
      g.setColor(Letters.GREY);
      g.drawRect(left, middle - swatch / 2, swatch - 1, swatch - 1);
      g.setColor(Letters.INK);
      double baseline = middle + Letters.capital(scale.font()) / 2;
      g.drawString(texts.get(i), left + swatch + gap / 2, (float) baseline);
    }
    g.dispose();
    return image;
  }
}
