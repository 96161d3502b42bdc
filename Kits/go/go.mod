module gatehouse.example/kit

go 1.22
