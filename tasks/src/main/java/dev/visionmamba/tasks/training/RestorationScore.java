package dev.visionmamba.tasks.training;

/**
 * How well pictures were restored, and how bad they were before: means over the pictures. Where
 * pictures were shrunk, the bad ones are enlarged by bicubic interpolation, and both are compared
 * as the field does: the luma alone, a border of the scale cut off; else all colours to the edge.
 *
 * @param pictures how many were measured
 * @param psnr of the restored pictures, in decibels; identical pictures count as 100
 * @param ssim of the restored pictures
 * @param badPsnr of the bad pictures
 * @param badSsim of the bad pictures
 */
public record RestorationScore(
    int pictures, double psnr, double ssim, double badPsnr, double badSsim) {

  /**
   * What restoring gained.
   *
   * @return decibels
   */
  public double gain() {
    return psnr - badPsnr;
  }
}
