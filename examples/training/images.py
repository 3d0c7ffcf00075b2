"""Pictures a little changed, so that the network never sees the same one twice.

Each image of the batch gets a change of its own, without a Python loop over images: on a GPU, as fast as the rest.
"""
import torch
import torch.nn.functional as F


def crop_and_flip(x, border=4):
    """Moves each image [N, C, H, W] by up to `border` pixels (black comes in) and mirrors every second one."""
    n, channels, height, width = x.shape
    padded = F.pad(x, [border] * 4)
    shift = torch.randint(0, 2 * border + 1, (2, n, 1), device=x.device)
    rows = shift[0] + torch.arange(height, device=x.device)  # [N, H]: where each row comes from
    columns = shift[1] + torch.arange(width, device=x.device)  # [N, W]
    mirrored = torch.rand(n, 1, device=x.device) < 0.5
    columns = torch.where(mirrored, columns.flip(1), columns)
    image = torch.arange(n, device=x.device).view(n, 1, 1, 1)
    channel = torch.arange(channels, device=x.device).view(1, channels, 1, 1)
    return padded[image, channel, rows.view(n, 1, height, 1), columns.view(n, 1, 1, width)]


def turn_zoom_shift(x, turn=0.175, zoom=0.1, shift=0.1):
    """Turns each image [N, C, H, W] by up to `turn` radians, scales it by 1 ± zoom, moves it by `shift` half-widths."""
    n = x.shape[0]
    angle, scale = spread(n, turn, x), 1 + spread(n, zoom, x)
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    # The affine map from a pixel of the result to a point of the source: [N, 2, 3].
    rows = torch.stack([cos, -sin, spread(n, shift, x), sin, cos, spread(n, shift, x)], 1).view(n, 2, 3)
    grid = F.affine_grid(rows, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, padding_mode='border', align_corners=False)


def spread(n, limit, like):
    """n random numbers, evenly from -limit to limit."""
    return (torch.rand(n, device=like.device) * 2 - 1) * limit
