package dev.visionmamba.golden;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Golden files of what this project does not implement yet: the only ones of a golden folder that
 * no test checks.
 */
public final class NotImplemented {
  /** What a file is for, by how its folder and name begin. */
  private static final Map<String, String> FILES =
      Map.ofEntries(
          Map.entry("efficientvmamba/", "EfficientVMamba"),
          Map.entry("groupmamba/", "GroupMamba"),
          Map.entry("localmamba/", "LocalMamba"),
          Map.entry("mambaout/", "MambaOut"),
          Map.entry("mobilemamba/", "MobileMamba"),
          Map.entry("msvmamba/", "MSVMamba"),
          Map.entry("spatialmamba/", "Spatial-Mamba"),
          Map.entry("vssd/", "VSSD"),
          Map.entry("heads/changemamba_", "change detection by ChangeMamba"),
          Map.entry("heads/lightmunet_", "medical segmentation by LightM-UNet"),
          Map.entry("heads/msvmunet_", "medical segmentation by MSVM-UNet"),
          Map.entry("heads/vmunet_", "medical segmentation by VM-UNet"),
          Map.entry("heads/mamba_yolo_", "Mamba-YOLO"),
          Map.entry("heads/yolo_", "a part of Mamba-YOLO"));

  private NotImplemented() {}

  /**
   * What a file is for, if this project does not implement it.
   *
   * @param file in the folder that its family or its kind has in the golden folder
   */
  public static Optional<String> of(Path file) {
    String name = file.toAbsolutePath().getParent().getFileName() + "/" + file.getFileName();
    return FILES.entrySet().stream()
        .filter(entry -> name.startsWith(entry.getKey()))
        .map(Map.Entry::getValue)
        .findFirst();
  }
}
