*ng_script
.control
frobnicate
.endc
