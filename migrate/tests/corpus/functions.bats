@test "it installs" {
  run tdnf install -y foo
  [ "$status" -eq 0 ]
}
