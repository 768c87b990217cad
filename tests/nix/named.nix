# A module with a mistake, in a file: what is said of it names the file.
{
  programs.cofferdam = {
    enable = true;
    binds."Super+x" = [ "run" "nobody" "x" ];
  };
}
